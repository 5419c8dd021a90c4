"""What SQLAlchemy's reflection of SQLite leaves out, and drift compares.

Source: SQLite manual, PRAGMA index_xinfo, The Schema Table, CREATE INDEX.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from migrator.dialects.elements import listed
from migrator.dialects.schema_model import ModelTable, Reflected
from migrator.dialects.sqlite.create_table import read_table

_COLUMNS = sa.text(
    'SELECT name, "desc" AS descends, coll FROM pragma_index_xinfo(:index, :schema) WHERE "key" ORDER BY seqno'
)
_TYPES = sa.text("SELECT name, type FROM pragma_table_xinfo(:table, :schema)")
_UNIQUE = re.compile(r"\s*CREATE\s+UNIQUE\b", re.IGNORECASE)
_WHERE = re.compile(r"\)\s*WHERE\b(.*)\Z", re.IGNORECASE | re.DOTALL)
_VIRTUAL = re.compile(r"\s*CREATE\s+VIRTUAL\b", re.IGNORECASE)
_BINARY = "BINARY"


def complete(connection: Connection, schema: str | None, tables: Mapping[str, ModelTable]) -> None:
    """Collations of columns, STRICT and WITHOUT ROWID, elements of indexes with their order, indexes over
    expressions."""
    place = schema or "main"
    master = sa.table("sqlite_master", *(sa.column(name) for name in ("type", "name", "tbl_name", "sql")), schema=place)
    rows = list(connection.execute(sa.select(master).where(master.c.sql.is_not(None))))
    for row in rows:
        if row.type == "table" and row.tbl_name in tables and not _VIRTUAL.match(row.sql):
            _of_text(connection, place, tables[row.tbl_name], row.tbl_name, row.sql)
    for row in rows:
        if row.type == "index" and row.tbl_name in tables:
            _index(connection, place, tables[row.tbl_name], row)


def _of_text(connection: Connection, schema: str, table: ModelTable, name: str, sql: str) -> None:
    # Reflection makes another type of one that it doesn't know.
    types = {row.name: row.type for row in connection.execute(_TYPES, {"table": name, "schema": schema})}
    read = read_table(sql)
    table.given = {
        "sqlite_strict": "strict" in read.options,
        "sqlite_with_rowid": "without rowid" not in read.options,
    }
    for column in table.columns:
        column["declared"] = types.get(str(column["name"]), "")
        clauses = [one for one in read.of_column(str(column["name"])) if one.startswith("collate ")]
        column["collation"] = clauses[0].removeprefix("collate ") if clauses else None


def _index(connection: Connection, schema: str, table: ModelTable, row: sa.Row[Any]) -> None:
    name, sql = row.name, row.sql
    found = next((one for one in table.indexes if one["name"] == name), None)
    columns = list(connection.execute(_COLUMNS, {"index": name, "schema": schema}))
    elements = [_element(table, row, text) for row, text in zip(columns, listed(sql), strict=False)]
    if found is None:
        found = {"name": name, "column_names": [row.name for row in columns], "unique": bool(_UNIQUE.match(sql))}
        table.indexes.append(found)
    where = _WHERE.search(sql)
    # As text: what SQLAlchemy gives is an expression of its own.
    found["dialect_options"] = {"sqlite_where": where[1].strip() if where else None}
    found["elements"] = elements


def _element(table: ModelTable, row: sa.Row[Any], text: str) -> str:
    """As the text has it where it is an expression, else the column with what isn't the usual of it."""
    if row.name is None:
        return text
    column: Reflected = table.column(str(row.name)) or {}
    own = str(column.get("collation") or _BINARY).upper()
    collation = "" if str(row.coll).upper() == own else f" collate {row.coll}"
    return f"{row.name}{collation}{' desc' if row.descends else ''}"
