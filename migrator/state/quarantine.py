"""Rows that failed by themselves: parked, so that the others go on, until a person has them tried again."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import Connection

from migrator.state.store import Store

_LONGEST_CLASS = 128
_LONGEST_CODE = 64
_LONGEST_NAME = 128


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One row of one data migration.  ``row_key`` is JSON; ``parked``: no batch tries it."""

    row_key: str
    error_class: str
    error_code: str = ""
    constraint: str = ""
    attempts: int = 1
    parked: bool = True


def read_entries(store: Store, connection: Connection, migration: str) -> tuple[Entry, ...]:
    """In the order in which they first failed; may be empty.  The table must be there."""
    columns = store.tables.quarantine.c
    rows = connection.execute(
        sa.select(
            columns.row_key,
            columns.error_class,
            columns.error_code,
            columns.constraint_name,
            columns.attempts,
            columns.parked,
        )
        .where(columns.migration == migration)
        .order_by(columns.first_at, columns.digest)
    )
    return tuple(
        Entry(
            row_key=row.row_key,
            error_class=row.error_class,
            error_code=row.error_code,
            constraint=row.constraint_name,
            attempts=row.attempts,
            parked=row.parked,
        )
        for row in rows
    )


def parked_keys(store: Store, connection: Connection, migration: str) -> tuple[str, ...]:
    """The keys of the rows that no batch tries, as JSON."""
    columns = store.tables.quarantine.c
    wanted = sa.select(columns.row_key).where(columns.migration == migration, columns.parked)
    return tuple(connection.execute(wanted).scalars())


def count_parked(store: Store, connection: Connection, migration: str) -> int:
    """How many rows no batch tries; 0 where an older migrator made our tables.  Changes nothing."""
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
        digest = hashlib.sha256(entry.row_key.encode()).hexdigest()
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
    """Let batches try them again; how often they failed is kept.  In the caller's transaction."""
    table = store.tables.quarantine
    connection.execute(sa.update(table).where(table.c.migration == migration).values(parked=False))


def clear(store: Store, connection: Connection, migration: str) -> None:
    """Forget them: none of them is still to do.  In the caller's transaction."""
    table = store.tables.quarantine
    connection.execute(sa.delete(table).where(table.c.migration == migration))
