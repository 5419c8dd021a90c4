"""Reads the signals beside the batches: who waits for our locks can be seen only while we hold them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from sqlalchemy import Connection

from migrator.data.throttle.throttle import Throttle
from migrator.db.database import Database
from migrator.db.translate import translated
from migrator.errors import MigratorError

EVERY_SECONDS = 0.25
_FIRST_WITHIN_SECONDS = 1.0
_END_WITHIN_SECONDS = 2.0


@dataclass(kw_only=True)
class Watcher:
    """A thread with a connection of its own, opened when a signal asks for it; a lost one is opened again."""

    database: Database
    throttle: Throttle
    _end: threading.Event = field(default_factory=threading.Event)
    _first: threading.Event = field(default_factory=threading.Event)
    _connection: tuple[Connection, ExitStack] | None = None

    def start(self) -> threading.Thread:
        thread = threading.Thread(target=self._run, name="migrator-throttle", daemon=True)
        thread.start()
        self._first.wait(_FIRST_WITHIN_SECONDS)  # until then every signal is unknown, which stops
        return thread

    def end(self, thread: threading.Thread) -> None:
        """Stop reading.  A question that hangs isn't waited for: the thread ends with the process."""
        self._end.set()
        thread.join(_END_WITHIN_SECONDS)

    def _run(self) -> None:
        try:
            self.database.run(self._loop)
        except MigratorError:
            return  # then no signal gets any younger, which stops the work and says so

    def _loop(self) -> None:
        try:
            while not self._end.is_set():
                self.throttle.poll(self._asking)
                self._first.set()
                self._end.wait(EVERY_SECONDS)
        finally:
            self._close()
            self.throttle.close()

    @contextmanager
    def _asking(self) -> Iterator[Connection]:
        try:
            with translated(self.database.pack.errors):
                connection = self._open()
                try:
                    yield connection
                finally:
                    connection.rollback()
        except MigratorError:
            self._close()
            raise

    def _open(self) -> Connection:
        if self._connection is not None and self._connection[0].invalidated:
            self._close()
        if self._connection is None:
            stack = ExitStack()
            self._connection = (stack.enter_context(self.database.autocommit("throttle")), stack)
            self.throttle.session = self.database.pack.session.session_id(self._connection[0])
        return self._connection[0]

    def _close(self) -> None:
        known, self._connection = self._connection, None
        if known is not None:
            known[1].close()


@contextmanager
def watching(database: Database, throttle: Throttle) -> Iterator[None]:
    """Read the signals during the block; nothing is opened where there are none."""
    if not throttle.signals:
        yield
        return
    watcher = Watcher(database=database, throttle=throttle)
    thread = watcher.start()
    try:
        yield
    finally:
        watcher.end(thread)
