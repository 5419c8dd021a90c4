"""The heartbeat as a thread."""

from __future__ import annotations

import threading
from datetime import timedelta

from sqlalchemy import Engine

from migrator.errors import MigratorError
from migrator.services.pulse import Pulse
from migrator.services.speaking import visit
from migrator.services.trouble import Troubles, goodbye_failed

_AT_LEAST = timedelta(seconds=3)  # a lock is waited for a second, and the machine may be busy
FORK_PATIENCE = timedelta(milliseconds=500)


def patience_for(expiry: timedelta) -> timedelta:
    """How long one beat may take: a few more fit into the expiry."""
    return max(_AT_LEAST, expiry / 3)


class Heartbeat(threading.Thread):
    """Beats over the engine's pool until it is told to leave; between two beats it holds no connection."""

    def __init__(self, engine: Engine, pulse: Pulse, interval: timedelta) -> None:
        super().__init__(name=f"migrator heartbeat of {pulse.service.label}", daemon=True)
        self.seen = threading.Event()
        self._engine = engine
        self._pulse = pulse
        self._patience = patience_for(pulse.service.expiry)
        self._troubles = Troubles(f"service {pulse.service.label} is not heard of", interval)
        self._leaving = threading.Event()
        self._says_goodbye = True
        self._beating = threading.Lock()
        self._held = False

    def run(self) -> None:
        delay = timedelta()
        while not self._leaving.wait(delay.total_seconds()):
            with self._beating:
                delay = self._beat()
        if self._says_goodbye:
            self._say_goodbye()

    def leave(self, *, goodbye: bool = True) -> None:
        """Beat no more; with ``goodbye`` the row says that it stopped.  Returns at once; ``join`` waits."""
        self._says_goodbye = goodbye
        self._leaving.set()

    def hold(self) -> None:
        """Let no beat be under way while the process forks: a pool's lock taken by it would stay taken in the child.

        Waits :data:`FORK_PATIENCE` at most."""
        self._held = self._beating.acquire(timeout=FORK_PATIENCE.total_seconds())

    def go_on(self) -> None:
        """Undo :meth:`hold`."""
        if self._held:
            self._held = False
            self._beating.release()

    def _beat(self) -> timedelta:
        try:
            visit(self._engine, self._pulse.table, self._pulse.beat, patience=self._patience)
        except MigratorError as error:
            if self._leaving.is_set():  # an interpreter that is ending may be the reason
                return timedelta()
            return self._troubles.failed(error)
        self.seen.set()
        return self._troubles.went_well()

    def _say_goodbye(self) -> None:
        # No timer for it: an interpreter that is ending starts no thread any more.
        try:
            visit(self._engine, self._pulse.table, self._pulse.leave)
        except MigratorError as error:
            goodbye_failed(self._pulse.service.label, error)
