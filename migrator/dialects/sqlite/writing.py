"""Bulk writes on SQLite."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql.dml import Insert
from sqlalchemy.types import TypeEngine

from migrator.dialects.writing import Target, WriteRules, Written, names_in_sql

_SAMPLE = 100


class SQLiteWriting(WriteRules):
    """One prepared UPDATE, run once a row: there is no server, so no round trip."""

    most_rows = 1_000_000

    def row_width(self, connection: Connection, table: sa.TableClause, changed: Collection[str] | None) -> float | None:
        """Of the first rows of the table: SQLite keeps no statistics of widths."""
        columns = [one["name"] for one in sa.inspect(connection).get_columns(table.name, schema=table.schema)]
        first = sa.select(*(sa.column(name) for name in columns)).select_from(table).limit(_SAMPLE).subquery()
        sizes = (sa.func.coalesce(self.size_of(first.c[name]), 0) for name in columns)
        width = connection.execute(sa.select(sa.func.avg(sum(sizes, sa.literal(0))))).scalar()
        return None if width is None else float(width)

    def size_of(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        return sa.func.length(sa.cast(value, sa.LargeBinary))

    def write_back(self, connection: Connection, target: Target, names: Sequence[str], rows: Sequence[Written]) -> int:
        table, quote = names_in_sql(target, connection.dialect)
        written = ", ".join(f"{quote(name)} = ?" for name in names)
        wanted = " AND ".join(f"{quote(name)} = ?" for name in target.key.names)
        parameters = [(*new, *key) for key, new in rows]
        statement = f"UPDATE {table} SET {written} WHERE {wanted}"  # noqa: S608  # names quoted, values are parameters
        return connection.exec_driver_sql(statement, parameters).rowcount

    def insert_missing(self, table: sa.TableClause, key: Sequence[str], names: Sequence[str]) -> Insert:
        return sqlite.insert(table).on_conflict_do_nothing()

    def same(self, left: ColumnElement[Any], right: ColumnElement[Any], type_: TypeEngine[Any]) -> ColumnElement[bool]:
        return sa.collate(left, "BINARY").is_not_distinct_from(right)
