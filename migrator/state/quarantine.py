"""Rows that failed by themselves: parked, so that the others go on, until a person has them tried again."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from migrator.state.store import Store

_LONGEST_CLASS = 128
_LONGEST_CODE = 64
_LONGEST_NAME = 128
_SINCE_3 = ("row_key", "error_class", "error_code", "constraint_name", "attempts", "parked")
_SINCE_5 = ("waived_at", "waived_by", "waived_reason")


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One row of one data migration.  ``row_key`` is JSON; ``parked``: no batch tries it.  ``waived_at`` is None
    unless a person said, at that moment of the server's clock in UTC, that contract need not wait for it."""

    row_key: str
    error_class: str
    error_code: str = ""
    constraint: str = ""
    attempts: int = 1
    parked: bool = True
    waived_at: datetime | None = None
    waived_by: str = ""
    waived_reason: str = ""

    @property
    def waived(self) -> bool:
        return self.parked and self.waived_at is not None


def read_entries(store: Store, connection: Connection, migration: str) -> tuple[Entry, ...]:
    """In the order in which they first failed; may be empty.  The table must be there."""
    table = store.tables.quarantine
    present = store.columns(connection, table)
    wanted = sa.select(*(table.c[name] for name in (*_SINCE_3, *_SINCE_5) if name in present))
    found = connection.execute(wanted.where(table.c.migration == migration).order_by(table.c.first_at, table.c.digest))
    return tuple(_entry(row) for row in found.mappings())


def _entry(row: sa.RowMapping) -> Entry:
    at: Any = row.get("waived_at")
    return Entry(
        row_key=row["row_key"],
        error_class=row["error_class"],
        error_code=row["error_code"],
        constraint=row["constraint_name"],
        attempts=row["attempts"],
        parked=row["parked"],
        waived_at=at if at is None or at.tzinfo is not None else at.replace(tzinfo=UTC),
        waived_by=row.get("waived_by") or "",
        waived_reason=row.get("waived_reason") or "",
    )


def parked_keys(store: Store, connection: Connection, migration: str) -> tuple[str, ...]:
    """The keys of the rows that no batch tries, as JSON."""
    columns = store.tables.quarantine.c
    wanted = sa.select(columns.row_key).where(columns.migration == migration, columns.parked)
    return tuple(connection.execute(wanted).scalars())


def waived_keys(store: Store, connection: Connection, migration: str) -> tuple[str, ...]:
    """The keys of the parked rows that contract need not wait for, as JSON; none where an older migrator made our
    tables.  Changes nothing."""
    table = store.tables.quarantine
    if "waived_at" not in store.columns(connection, table):
        return ()
    wanted = sa.select(table.c.row_key).where(
        table.c.migration == migration, table.c.parked, table.c.waived_at.is_not(None)
    )
    return tuple(connection.execute(wanted).scalars())


def count_parked(store: Store, connection: Connection, migration: str) -> int:
    """How many rows no batch tries, waived ones too; 0 where an older migrator made our tables.  Changes nothing."""
    if not store.has(connection, store.tables.quarantine):
        return 0
    columns = store.tables.quarantine.c
    wanted = sa.select(sa.func.count()).where(columns.migration == migration, columns.parked)
    return int(connection.execute(wanted).scalar_one())


def park(store: Store, connection: Connection, migration: str, entries: Sequence[Entry]) -> None:
    """Note that these rows failed, once more where they did before.  In the caller's transaction, which holds the lock
    of the data migration's row."""
    table = store.tables.quarantine
    now = store.database.pack.session.utc_now()
    for entry in entries:
        digest = _digest(entry.row_key)
        said = {
            "error_class": entry.error_class[:_LONGEST_CLASS],
            "error_code": entry.error_code[:_LONGEST_CODE],
            "constraint_name": entry.constraint[:_LONGEST_NAME],
            "parked": True,
            "last_at": now,
        }
        same = (table.c.migration == migration) & (table.c.digest == digest)
        again = sa.update(table).where(same).values(attempts=table.c.attempts + 1, **said)
        if not connection.execute(again).rowcount:
            first = {"migration": migration, "digest": digest, "row_key": entry.row_key, "attempts": 1, "first_at": now}
            connection.execute(sa.insert(table).values(**first, **said))


def release(store: Store, connection: Connection, migration: str) -> None:
    """Let batches try them again, the waived ones too, which are so no more; how often they failed is kept.  In the
    caller's transaction."""
    table = store.tables.quarantine
    values = {"parked": False, **dict.fromkeys(_SINCE_5)}
    connection.execute(sa.update(table).where(table.c.migration == migration).values(**values))


def waive(
    store: Store, connection: Connection, migration: str, row_keys: Collection[str], *, by: str, reason: str
) -> None:
    """Note of parked rows that contract need not wait for them.  In the caller's transaction, which holds the lock of
    the data migration's row."""
    table = store.tables.quarantine
    said = {"waived_at": store.database.pack.session.utc_now(), "waived_by": by[:128], "waived_reason": reason[:255]}
    for row_key in row_keys:
        same = (table.c.migration == migration) & (table.c.digest == _digest(row_key))
        connection.execute(sa.update(table).where(same).values(**said))


def _digest(row_key: str) -> str:
    return hashlib.sha256(row_key.encode()).hexdigest()


def clear(store: Store, connection: Connection, migration: str) -> None:
    """Forget those that nobody waived: none of them is still to do.  In the caller's transaction."""
    table = store.tables.quarantine
    connection.execute(sa.delete(table).where(table.c.migration == migration, table.c.waived_at.is_(None)))
