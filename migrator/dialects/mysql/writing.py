"""Bulk writes on MySQL and MariaDB."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection
from sqlalchemy.dialects import mysql
from sqlalchemy.sql.dml import Insert
from sqlalchemy.types import TypeEngine

from migrator.dialects.writing import Target, WriteRules, Written, chunks, names_in_sql, placeholders

_TABLES = sa.table(
    "TABLES",
    *(sa.column(name) for name in ("engine", "table_schema", "table_name", "avg_row_length")),
    schema="information_schema",
)
_ENGINES = sa.table("ENGINES", sa.column("engine"), sa.column("transactions"), schema="information_schema")


class MySQLWriting(WriteRules):
    """``UPDATE ... SET a = CASE key WHEN ... END WHERE key IN (...)``.

    Not a join with a derived table: values in one have a collation of their own, and a comparison with a column of
    another one is refused (1267) or loses the index.  A literal takes the column's.
    """

    most_rows = 1_000  # a CASE costs the square of its length

    def can_roll_back(self, connection: Connection, table: sa.TableClause) -> bool:
        schema = sa.func.coalesce(sa.literal(table.schema, sa.String()), sa.func.database())
        found = connection.execute(
            sa.select(_ENGINES.c.transactions).where(
                _TABLES.c.engine == _ENGINES.c.engine,
                _TABLES.c.table_schema == schema,
                _TABLES.c.table_name == table.name,
            )
        ).scalar()
        return found == "YES"

    def row_width(self, connection: Connection, table: sa.TableClause, changed: Collection[str] | None) -> float | None:
        """``avg_row_length``, which counts what is stored apart: the binary log holds whole rows."""
        schema = sa.func.coalesce(sa.literal(table.schema, sa.String()), sa.func.database())
        wanted = sa.select(_TABLES.c.avg_row_length).where(
            _TABLES.c.table_schema == schema, _TABLES.c.table_name == table.name
        )
        width = connection.execute(wanted).scalar()
        return float(width) if width else None

    def size_of(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        return sa.func.length(value)

    def write_back(self, connection: Connection, target: Target, names: Sequence[str], rows: Sequence[Written]) -> int:
        return sum(self._write(connection, target, names, some) for some in chunks(rows, self.most_rows))

    def _write(self, connection: Connection, target: Target, names: Sequence[str], rows: Sequence[Written]) -> int:
        table, quote = names_in_sql(target, connection.dialect)
        following = placeholders(connection.dialect)
        columns = [quote(name) for name in target.key.names]
        if len(columns) == 1:
            begin, when = f"CASE {columns[0]}", f"WHEN {following()} THEN {following()}"
            wanted = f"{columns[0]} IN ({', '.join(following() for _ in rows)})"
        else:
            equal = " AND ".join(f"{column} = {following()}" for column in columns)
            begin, when = "CASE", f"WHEN {equal} THEN {following()}"
            wanted = " OR ".join(f"({equal})" for _ in rows)
        cases = f"{begin} {' '.join(when for _ in rows)} END"
        written = ", ".join(f"{quote(name)} = {cases}" for name in names)
        parameters = (*_of_cases(rows, len(names)), *(value for key, _ in rows for value in key))
        statement = f"UPDATE {table} SET {written} WHERE {wanted}"  # noqa: S608  # names quoted, values are parameters
        return connection.exec_driver_sql(statement, parameters).rowcount

    def insert_missing(self, table: sa.TableClause, key: Sequence[str], names: Sequence[str]) -> Insert:
        # INSERT IGNORE would also turn values that don't fit into others that do.
        quoted = mysql.dialect().identifier_preparer
        own: ColumnElement[Any] = sa.literal_column(
            f"{quoted.format_table(table)}.{quoted.quote(key[0])}".replace("%%", "%")
        )
        return mysql.insert(table).on_duplicate_key_update({key[0]: own})

    def same(self, left: ColumnElement[Any], right: ColumnElement[Any], type_: TypeEngine[Any]) -> ColumnElement[bool]:
        if isinstance(type_, sa.String) and not isinstance(type_, sa.Enum):
            text = mysql.CHAR(charset="utf8mb4")
            left, right = (sa.cast(sa.cast(one, text), mysql.BINARY) for one in (left, right))
        return left.is_not_distinct_from(right)


def _of_cases(rows: Sequence[Written], columns: int) -> Iterator[Any]:
    for number in range(columns):
        for key, new in rows:
            yield from key
            yield new[number]
