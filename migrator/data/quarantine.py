"""Rows of a data migration that failed by themselves: out of the way of the others until a person has them retried."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection

from migrator.data.lane import class_and_code
from migrator.data.table_rows import TableRows
from migrator.data.watermark import decode, encode_any
from migrator.dialects.keys import Bound
from migrator.errors import MigratorError
from migrator.state.data_progress import DataRow
from migrator.state.quarantine import Entry, parked_keys
from migrator.state.store import Store


def rows_to_try(store: Store, connection: Connection, rows: TableRows, row: DataRow) -> TableRows:
    """The rows without those that are parked."""
    return rows.without(_parked(store, connection, row)) if row.quarantined else rows


def count_parked_to_do(store: Store, connection: Connection, rows: TableRows, row: DataRow) -> int:
    """How many of the parked rows are still to do: a client may have mended or deleted some."""
    parked = _parked(store, connection, row)
    return rows.only(parked).count(connection) if parked else 0


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
