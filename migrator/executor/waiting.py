"""Wait until nobody has a table open for long, without queueing for its lock: a queue would stop all traffic."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta

from migrator.db.database import Database
from migrator.errors import LockTimeoutError
from migrator.model.database import LockHolder
from migrator.model.plan import TableName

_LOOK_EVERY = timedelta(milliseconds=500)
_SAY_EVERY = timedelta(seconds=10)
_LONGEST_FOR_CANDIDATES = timedelta(seconds=60)


def wait_until_free(
    database: Database, tables: Iterable[TableName], say: Callable[[str], None], *, patience: timedelta, own: str
) -> None:
    """Return when no transaction older than the lock timeout has one of the tables open.

    Younger ones end before a statement of ours gives up, so they needn't be waited for.  Where the server shows open
    transactions but not their tables, the wait ends after 60 s: they may have nothing to do with the table.

    Args:
        own: the session that will change the table, which nobody needs to wait for.

    Locks: none.

    Raises:
        LockTimeoutError: a transaction was still open after ``patience``.
    """
    clock = database.clock
    begun = clock.monotonic()
    told: timedelta | None = None
    while True:
        holders = _long_ones(database, tables, own)
        certain = [one for one in holders if one.certain]
        if not certain and (not holders or clock.monotonic() - begun > _LONGEST_FOR_CANDIDATES):
            return
        now = clock.monotonic()
        if told is None or now - told >= _SAY_EVERY:
            told = now
            say(f"waiting, without a lock, for open transactions: {'; '.join(one.label for one in holders)}")
        if clock.monotonic() - begun > patience:
            raise LockTimeoutError(
                f"transactions that have the table open did not end: {'; '.join(one.label for one in holders)}",
                remedy="end them, or run again later",
            )
        clock.wait(_LOOK_EVERY)


def _long_ones(database: Database, tables: Iterable[TableName], own: str) -> tuple[LockHolder, ...]:
    with database.autocommit("holders") as connection:
        found = {
            one.session: one
            for schema, table in tables
            for one in database.pack.locks.table_holders(connection, table, schema)
            if one.session != own and one.age is not None and one.age > database.lock_timeout
        }
    return tuple(found.values())
