"""The snapshot of a SQLite file, from its schema table and pragmas.

A table's text is not compared: a batch rebuild writes the same table in another form.  Columns, keys and foreign keys
come from pragmas; what no pragma tells (CHECK, COLLATE, names of constraints, ...) is read out of the text.

Source: SQLite documentation, The Schema Table, PRAGMA Statements, CREATE TABLE (run on 3.40).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

import sqlalchemy as sa
from sqlalchemy import Connection

from migrator.dialects.snapshot import Fact, SnapshotRules
from migrator.dialects.sqlite.create_table import TableText, normalised, read_table

_GENERATED = {0: "", 1: "hidden", 2: "generated virtual", 3: "generated stored"}
_COLUMNS = sa.text(
    "SELECT name, type, [notnull], dflt_value, hidden FROM pragma_table_xinfo(:name, :schema) ORDER BY cid"
)
_PRIMARY_KEY = sa.text("SELECT name FROM pragma_table_xinfo(:name, :schema) WHERE pk > 0 ORDER BY pk")
_FOREIGN_KEYS = sa.text(
    "SELECT id, [from], [table], [to], on_update, on_delete FROM pragma_foreign_key_list(:name, :schema)"
    " ORDER BY id, seq"
)
_CONSTRAINT_INDEXES = sa.text("SELECT name, origin FROM pragma_index_list(:name, :schema) WHERE origin <> 'c'")
_INDEX_COLUMNS = sa.text("SELECT name, coll, [desc] FROM pragma_index_xinfo(:name, :schema) WHERE [key] ORDER BY seqno")


class SQLiteSnapshot(SnapshotRules):
    """There are no functions, sequences, comments and grants, and no constraint that isn't valid."""

    def facts(self, connection: Connection, schema: str | None) -> Sequence[Fact]:
        name = schema or "main"
        facts: list[Fact] = []
        for kind, own, table, sql in _schema_table(connection, name):
            if own.startswith("sqlite_"):
                continue
            if kind == "table" and not normalised(sql).startswith("create virtual"):
                facts += _table(_Pragmas(connection, name), own, read_table(sql))
            else:
                belongs = own if kind == "view" else table
                facts.append(Fact(kind=kind, name=own, table=belongs, definition=normalised(sql)))
        return facts


def _schema_table(connection: Connection, schema: str) -> list[tuple[str, str, str, str]]:
    """Type, name, table and text; an index of a constraint has no text."""
    table = sa.table("sqlite_master", schema=schema)
    columns: list[sa.ColumnElement[str]] = [sa.column(name) for name in ("type", "name", "tbl_name", "sql")]
    rows = connection.execute(sa.select(*columns).select_from(table))
    return [(str(row[0]), str(row[1]), str(row[2]), str(row[3] or "")) for row in rows]


class _Pragmas:
    """The pragmas of one file."""

    def __init__(self, connection: Connection, schema: str) -> None:
        self._connection = connection
        self._schema = schema

    def rows(self, query: sa.TextClause, name: str) -> list[tuple[str, ...]]:
        """Every value as text, as the pragma has it; NULL as nothing."""
        result = self._connection.execute(query, {"name": name, "schema": self._schema})
        return [tuple("" if value is None else str(value) for value in row) for row in result]


def _table(pragmas: _Pragmas, table: str, text: TableText) -> Iterator[Fact]:
    yield Fact(kind="table", name=table, table=table, definition=", ".join(text.options))
    for name, kind, not_null, default, hidden in pragmas.rows(_COLUMNS, table):
        parts = [
            normalised(kind),
            "not null" if not_null == "1" else "",
            f"default {normalised(default)}" if default else "",
            _GENERATED[int(hidden)],
            *text.of_column(name),
        ]
        yield Fact(kind="column", name=f"{table}.{name}", table=table, definition=", ".join(filter(None, parts)))
    if columns := _primary_key(pragmas, table):
        yield Fact(kind="primary key", name=table, table=table, definition=", ".join(columns))
    for constraint in text.constraints:
        name = f"{table}.{constraint.name or constraint.text}"
        yield Fact(kind="constraint", name=name, table=table, definition=constraint.text)
    yield from _foreign_keys(pragmas, table)
    yield from _constraint_indexes(pragmas, table)


def _primary_key(pragmas: _Pragmas, table: str) -> list[str]:
    return [name for (name,) in pragmas.rows(_PRIMARY_KEY, table)]


def _foreign_keys(pragmas: _Pragmas, table: str) -> Iterator[Fact]:
    for _, group in groupby(pragmas.rows(_FOREIGN_KEYS, table), key=lambda row: row[0]):
        rows = list(group)
        own = ", ".join(row[1] for row in rows)
        there = ", ".join([row[3] for row in rows if row[3]] or _primary_key(pragmas, rows[0][2]))
        definition = f"references {rows[0][2]} ({there}) on update {rows[0][4]} on delete {rows[0][5]}"
        yield Fact(kind="foreign key", name=f"{table} ({own})", table=table, definition=definition)


def _constraint_indexes(pragmas: _Pragmas, table: str) -> Iterator[Fact]:
    """Told by their columns: SQLite names them by their number in the text."""
    for index, origin in pragmas.rows(_CONSTRAINT_INDEXES, table):
        columns = pragmas.rows(_INDEX_COLUMNS, index)
        key = ", ".join(f"{name} {collation}{' desc' * int(down)}" for name, collation, down in columns)
        what = "primary" if origin == "pk" else "unique"
        yield Fact(kind="key", name=f"{table} ({key})", table=table, definition=what)


def snapshot_rules() -> SQLiteSnapshot:
    """The rules of SQLite."""
    return SQLiteSnapshot()
