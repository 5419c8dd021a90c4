"""Beside a statement that takes long: how far it is, whom it waits for, and its end when somebody asks for it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import Connection

from migrator.db.database import Database
from migrator.db.interrupts import interrupted
from migrator.errors import MigratorError
from migrator.model.database import LockHolder

Say = Callable[[str], None]
_TICK = timedelta(milliseconds=50)
_ASK_EVERY = timedelta(seconds=1)
_SAY_EVERY = timedelta(seconds=10)


@dataclass(kw_only=True)
class Watch:
    """What was seen of one statement; ``blockers`` are the last ones that it waited for, empty for none."""

    database: Database
    session: str
    what: str
    say: Say
    blockers: tuple[LockHolder, ...] = ()
    _ended: threading.Event = field(default_factory=threading.Event)
    _said: str = ""
    _said_at: timedelta | None = None

    def end(self) -> None:
        """The statement is over."""
        self._ended.set()

    def run(self) -> None:
        """Until the statement ends; connects only when that takes a while."""
        clock = self.database.clock
        begun = asked = clock.monotonic()
        first = min(_ASK_EVERY, self.database.lock_timeout / 2)
        while not self._ended.wait(_TICK.total_seconds()):
            now = clock.monotonic()
            try:
                if interrupted():
                    self._cancel()
                    return
                if now - asked >= (first if asked == begun else _ASK_EVERY):
                    asked = now
                    with self.database.autocommit("watch") as connection:
                        self._look(connection, now - begun)
            except MigratorError:
                return  # the statement itself meets whatever is wrong, and says so

    def _cancel(self) -> None:
        with self.database.autocommit("cancel") as connection:
            self.database.pack.locks.cancel(connection, self.session)

    def _look(self, connection: Connection, elapsed: timedelta) -> None:
        locks = self.database.pack.locks
        found = locks.blockers(connection, self.session)
        self.blockers = found or self.blockers
        if self._ended.is_set():
            return
        words = [locks.progress(connection, self.session)]
        if found:
            words.append(f"waits for {'; '.join(one.label for one in found)}")
        self._tell(", ".join(word for word in words if word), elapsed)

    def _tell(self, text: str, elapsed: timedelta) -> None:
        """What is new at once, the same again every ten seconds."""
        due = self._said_at is None or elapsed - self._said_at >= _SAY_EVERY
        if elapsed < _ASK_EVERY or (not due and text.partition(":")[0] == self._said):
            return
        self._said, self._said_at = text.partition(":")[0], elapsed
        self.say(f"{self.what}, {elapsed.total_seconds():.0f} s: {text or 'still running'}")


@contextmanager
def watching(database: Database, session: str, what: str, say: Say) -> Iterator[Watch]:
    """Watch the statement that ``session`` runs inside; where the server has no sessions, do nothing."""
    watch = Watch(database=database, session=session, what=what, say=say)
    if database.pack.session.one_writer:
        yield watch
        return
    thread = threading.Thread(target=watch.run, name="migrator-watch", daemon=True)
    thread.start()
    try:
        yield watch
    finally:
        watch.end()
        thread.join()
