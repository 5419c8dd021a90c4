"""Rows of a data migration that failed by themselves: out of the way of the others until a person has them retried
or waives them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection

from migrator.data.kinds import DataMigration
from migrator.data.lane import class_and_code
from migrator.data.remaining import any_remaining, remaining
from migrator.data.table_rows import TableRows
from migrator.data.watermark import decode, encode_any
from migrator.dialects.keys import Bound
from migrator.errors import MigratorError
from migrator.state.data_progress import DataRow
from migrator.state.quarantine import Entry, parked_keys, waived_keys
from migrator.state.store import Store


@dataclass(frozen=True, kw_only=True)
class Parked:
    """Parked rows that are still to do: those that hold contract up, and the waived ones."""

    open: int = 0
    waived: int = 0


@dataclass(frozen=True, kw_only=True)
class Remaining:
    """``rows`` are still to do and hold contract up; ``waived`` ones don't."""

    rows: int
    waived: int = 0


def rows_to_try(store: Store, connection: Connection, rows: TableRows, row: DataRow) -> TableRows:
    """The rows without those that are parked."""
    return rows.without(_parked(store, connection, row)) if row.quarantined else rows


def count_parked_to_do(store: Store, connection: Connection, rows: TableRows, row: DataRow) -> Parked:
    """How many of the parked rows are still to do: a client may have mended or deleted some."""
    waived = set(waived_keys(store, connection, row.name))
    keys = [text for text in parked_keys(store, connection, row.name) if text not in waived]
    return Parked(open=_count(connection, rows, keys), waived=_count(connection, rows, waived))


def remaining_but_waived(store: Store, connection: Connection, migration: DataMigration) -> Remaining:
    """Count the rows that the predicate finds, waived ones apart, which hold nothing up.  Waived is a row by its key,
    whatever else of it has changed since.  Reads the whole table where no index helps the predicate.

    Raises: as :func:`migrator.data.remaining.remaining`, and as :meth:`DataMigration.rows`.
    """
    count = remaining(connection, migration)
    rows, keys = _rows_and_waived(store, connection, migration) if count else (None, ())
    if rows is None:
        return Remaining(rows=count)
    # One statement leaves them out: two counts, one taken from the other, would be of two moments.
    return Remaining(
        rows=rows.without([decode(text) for text in keys]).count(connection), waived=_count(connection, rows, keys)
    )


def any_but_waived(store: Store, connection: Connection, migration: DataMigration) -> bool:
    """Whether the predicate finds any row that isn't waived."""
    if not any_remaining(connection, migration):
        return False
    rows, keys = _rows_and_waived(store, connection, migration)
    return rows is None or bool(rows.without([decode(text) for text in keys]).choose(connection, None, 1))


def not_waived(store: Store, connection: Connection, migration: DataMigration, rows: TableRows) -> ColumnElement[bool]:
    """True for the rows of the table that are not waived."""
    keys = waived_keys(store, connection, migration.name)
    return sa.not_(rows.key.is_one_of([decode(text) for text in keys])) if keys else sa.true()


def _rows_and_waived(
    store: Store, connection: Connection, migration: DataMigration
) -> tuple[TableRows | None, Sequence[str]]:
    """Where nothing is waived, no rows."""
    keys = waived_keys(store, connection, migration.name) if migration.keyed else ()
    return (migration.rows(connection, store.database.pack.keys), keys) if keys else (None, ())


def _count(connection: Connection, rows: TableRows, keys: Collection[str]) -> int:
    return rows.only([decode(text) for text in keys]).count(connection) if keys else 0


def entries_of(errors: Mapping[Bound, MigratorError]) -> tuple[Entry, ...]:
    """What is written of rows that failed.  One whose key has no text isn't parked: each pass tries it again."""
    found: list[Entry] = []
    for key, error in errors.items():
        text = encode_any(key)
        if text is not None:
            error_class, error_code = class_and_code(error)
            constraint = str(error.fields.get("constraint") or "")
            found.append(Entry(row_key=text, error_class=error_class, error_code=error_code, constraint=constraint))
    return tuple(found)


def _parked(store: Store, connection: Connection, row: DataRow) -> tuple[Bound, ...]:
    return tuple(decode(text) for text in parked_keys(store, connection, row.name))
