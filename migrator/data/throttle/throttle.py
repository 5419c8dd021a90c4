"""All signals together: whether the next batch may begin, and why not."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from migrator.data.throttle.replica_lag import ReplicaLag
from migrator.data.throttle.signal import Asking, Signal
from migrator.db.clock import Clock
from migrator.errors import ConnectionLostError, MigratorError, UnreachableError
from migrator.model.throttle import Light, Reading

STALE = timedelta(seconds=3)
"""An older answer is none: whoever reads the signals hangs, and so may the server."""

CALM = timedelta(milliseconds=500)
"""How long all signals must let batches run before one does: a signal that flaps would let the load swing."""


_AWAY = (ConnectionLostError, UnreachableError)


@dataclass(kw_only=True)
class Throttle:
    """Signals and their latest answers.  :meth:`poll` belongs to one thread, the rest to any.

    ``session`` is the server's name of the session that reads them, once there is one.
    """

    signals: Sequence[Signal]
    clock: Clock
    session: str = ""
    _latest: dict[str, tuple[timedelta, Reading]] = field(default_factory=dict)
    _known: set[str] = field(default_factory=set)
    _stopped: tuple[timedelta, Reading] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def poll(self, asking: Asking) -> None:
        """Read every signal once.  One that can't be read is unknown, which stops; a default one that never could be
        read is one that this server doesn't show."""
        for signal in self.signals:
            reading = self._read(signal, asking)
            now = self.clock.monotonic()
            with self._lock:
                self._latest[signal.name] = (now, reading)
                if reading.light.stops:
                    self._stopped = (now, reading)

    def close(self) -> None:
        """Close what signals keep open; called by the thread that polls."""
        for signal in self.signals:
            if isinstance(signal, ReplicaLag):
                signal.close()

    def readings(self) -> tuple[Reading, ...]:
        """The latest answer of each signal with its age, in their order; one that is too old says unknown."""
        now = self.clock.monotonic()
        with self._lock:
            latest = dict(self._latest)
        return tuple(_aged(one, latest.get(one.name), now) for one in self.signals)

    def stopping(self) -> tuple[Reading, ...]:
        """Why no batch may begin now; empty when one may.  For a moment after the last reason that still is one."""
        found = tuple(one for one in self.readings() if one.light.stops)
        if found:
            return found
        with self._lock:
            stopped = self._stopped
        if stopped is not None and self.clock.monotonic() - stopped[0] < CALM:
            return (stopped[1],)
        return ()

    def _read(self, signal: Signal, asking: Asking) -> Reading:
        try:
            reading = signal.read(asking)
            self._known.add(signal.name)
            return reading
        except MigratorError as error:
            code = str(error.fields.get("code") or "")
            name = str(error.fields.get("error_class") or type(error).__name__)
            # A server that never answered a default question doesn't have the view; a connection is another matter.
            never = signal.default and signal.name not in self._known and not isinstance(error, _AWAY)
            return Reading(
                signal=signal.name,
                light=Light.NOT_SHOWN if never else Light.UNKNOWN,
                reason=f"it can't be read ({name}{f' {code}' if code else ''})",
                default=signal.default,
            )


def _aged(signal: Signal, latest: tuple[timedelta, Reading] | None, now: timedelta) -> Reading:
    if latest is None:
        return Reading(signal=signal.name, light=Light.UNKNOWN, reason="it was not read yet", default=signal.default)
    age = now - latest[0]
    if age > STALE and latest[1].light not in (Light.NOT_SHOWN, Light.ABSENT):
        reason = f"its last answer is {age.total_seconds():.0f} s old"
        return replace(latest[1], light=Light.UNKNOWN, age=age, reason=reason)
    return replace(latest[1], age=age)
