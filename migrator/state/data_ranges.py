"""The key ranges of a pass that several workers share: who holds which, how far it is, and what was done in it.

A range is *leased*: its holder has the number that it was given with it, its token, and every transaction of its
batches begins by locking the range's row and ends by writing it under that token.  Whoever takes a range over raises
the token, so that the earlier holder's transaction finds nothing to write, and is undone.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from migrator.state.data_progress import DataRow, written_lazily
from migrator.state.store import Store

LEASE = timedelta(seconds=15)
"""How long a range stays its holder's after a batch, by the server's clock."""


@dataclass(frozen=True, kw_only=True)
class Range:
    """The rows behind ``low`` up to ``high``, as JSON of the key; ``low`` moves with each batch.

    ``writes`` counts the batches that were committed in it, by all its holders.
    """

    migration: str
    number: int
    low: str | None = None
    high: str
    finished: bool = False
    tried: int = 0
    done: int = 0
    failed: int = 0
    busy_ms: int = 0
    writes: int = 0
    token: int = 0
    owner: str | None = None
    server_session: str | None = None


_COLUMNS = tuple(Range.__dataclass_fields__)


def add_ranges(store: Store, connection: Connection, ranges: Sequence[Range]) -> None:
    """Write the ranges of a pass, in the transaction that marks its data migration as parted."""
    for one in ranges:
        connection.execute(sa.insert(store.tables.data_range).values(**{name: getattr(one, name) for name in _COLUMNS}))


def lock_range(store: Store, connection: Connection, name: str, number: int) -> Range | None:
    """The range, locked to the end of the caller's transaction; None when the pass is over.

    Locks: its row, waited for up to the lock timeout.
    """
    columns = store.tables.data_range.c
    wanted = _select(store).where(columns.migration == name, columns.number == number).with_for_update()
    row = connection.execute(wanted).mappings().first()
    return None if row is None else Range(**row)


def take_range(
    store: Store, connection: Connection, name: str, *, owner: str, session: str, gone: Collection[str] = ()
) -> Range | None:
    """Lease the first range that nobody holds, in the caller's transaction; None when there is none.

    Args:
        session: the server's name of the caller's session.
        gone: sessions that are known to have ended: their ranges are free before the lease runs out.

    Locks: the range's row; those that others have locked are passed by.
    """
    columns, now = store.tables.data_range.c, _now(store, connection)
    free = sa.or_(columns.owner.is_(None), columns.expires_at <= now, columns.server_session.in_(list(gone)))
    wanted = _select(store).where(columns.migration == name, columns.finished.is_(sa.false()), free)
    row = connection.execute(wanted.order_by(columns.number).limit(1).with_for_update(skip_locked=True)).mappings()
    found = row.first()
    if found is None:
        return None
    return replace(Range(**found), owner=owner, server_session=session, token=found["token"] + 1)


def write_range(store: Store, connection: Connection, mine: Range, *, before: int, lazily: bool) -> bool:
    """Write a range and renew its lease, if its token still is the one that it had ``before``; whether it was.

    Args:
        lazily: as for :func:`~migrator.state.data_progress.write_row`.
    """
    table = store.tables.data_range
    values = {name: getattr(mine, name) for name in _COLUMNS if name not in ("migration", "number")}
    expires = None if mine.owner is None else _now(store, connection) + LEASE
    same = sa.and_(table.c.migration == mine.migration, table.c.number == mine.number, table.c.token == before)
    statement = sa.update(table).where(same).values(expires_at=expires, **values)
    return connection.execute(written_lazily(store, statement, lazily)).rowcount == 1


def let_go(store: Store, connection: Connection, owner: str) -> None:
    """Give back what this worker holds."""
    table = store.tables.data_range
    mine = sa.and_(table.c.owner == owner, table.c.finished.is_(sa.false()))
    connection.execute(sa.update(table).where(mine).values(owner=None, expires_at=None, token=table.c.token + 1))


def holders(store: Store, connection: Connection, name: str) -> Mapping[str, str]:
    """Owner → session of those who hold unfinished ranges."""
    columns = store.tables.data_range.c
    wanted = sa.select(columns.owner, columns.server_session)
    held = wanted.where(columns.migration == name, columns.finished.is_(sa.false()), columns.owner.is_not(None))
    return {row[0]: row[1] or "" for row in connection.execute(held)}


def fold(store: Store, connection: Connection, row: DataRow) -> DataRow:
    """The row of a data migration with what was done in its ranges, which are deleted: in the caller's transaction,
    that has locked the row and writes it.

    Locks: the ranges, behind the batches that run in them.
    """
    if not row.parted:
        return row
    table = store.tables.data_range
    mine = _select(store).where(table.c.migration == row.name).order_by(table.c.number).with_for_update()
    ranges = [Range(**one) for one in connection.execute(mine).mappings()]
    connection.execute(sa.delete(table).where(table.c.migration == row.name))
    return replace(
        row,
        parted=None,
        found=row.found + sum(one.tried for one in ranges),
        done=row.done + sum(one.done for one in ranges),
        failed=row.failed + sum(one.failed for one in ranges),
        pass_tried=row.pass_tried + sum(one.tried for one in ranges),
        pass_done=row.pass_done + sum(one.done for one in ranges),
        busy_ms=row.busy_ms + sum(one.busy_ms for one in ranges),
    )


def _now(store: Store, connection: Connection) -> Any:
    return connection.execute(sa.select(store.database.pack.session.utc_now())).scalar_one()


def _select(store: Store) -> sa.Select[Any]:
    columns = store.tables.data_range.c
    return sa.select(*(columns[name] for name in _COLUMNS))
