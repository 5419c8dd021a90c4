"""One schema runner at a time: the polled lock on a connection of its own."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import timedelta

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from migrator.db.database import Database
from migrator.dialects.base import RunnerLock
from migrator.errors import RunnerBusyError

DEFAULT_WAIT = timedelta(seconds=60)
_POLL = timedelta(milliseconds=200)
_SAY_EVERY = timedelta(seconds=10)


@contextmanager
def schema_runner(
    database: Database,
    *,
    wait: timedelta = DEFAULT_WAIT,
    say: Callable[[str], None] = lambda _: None,
    session: AbstractContextManager[Connection] | None = None,
) -> Iterator[RunnerLock]:
    """Hold the lock that lets one of expand, contract, abort, upgrade run at a time.

    Args:
        wait: how long to poll before giving up; zero tries once.
        say: gets one line when waiting begins and every ten seconds.
        session: the connection that holds it; default one of its own.

    Locks: an advisory lock (PostgreSQL), GET_LOCK (MySQL, MariaDB), flock on a file beside the database (SQLite).

    Raises:
        RunnerBusyError: another runner holds it for longer than ``wait``.
        UnreachableError, PoolerError: as :meth:`Database.autocommit`.
    """
    with session or database.autocommit("runner lock") as connection:
        lock = database.pack.locks.runner_lock(connection, database.identity, owner=database.owner)
        _acquire(lock, database, wait, say)
        try:
            with database.step("lock", "runner"):
                pass
            yield lock
        finally:
            if not connection.invalidated:
                # A session that is gone took its lock along; what went wrong before must not be hidden by that.
                with suppress(DBAPIError):
                    lock.release()


def _acquire(lock: RunnerLock, database: Database, wait: timedelta, say: Callable[[str], None]) -> None:
    clock = database.clock
    start = clock.monotonic()
    said: timedelta | None = None
    while not lock.try_acquire():
        waited = clock.monotonic() - start
        holder = lock.holder()
        label = holder.label if holder else "unknown"
        if waited >= wait:
            raise RunnerBusyError(
                f"another runner works on {database.identity.name} ({label}); waited {waited.total_seconds():.0f} s",
                remedy="run again when it has ended, or wait longer with --wait SECONDS",
                holder=label,
            )
        if said is None or waited - said >= _SAY_EVERY:
            said = waited
            say(f"waiting for another runner ({label}); {waited.total_seconds():.0f} s of {wait.total_seconds():.0f} s")
        clock.wait(min(_POLL * random.uniform(0.8, 1.2), wait - waited))
