"""Bulk writes on MySQL and MariaDB."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection
from sqlalchemy.dialects import mysql
from sqlalchemy.sql.dml import Insert
from sqlalchemy.types import TypeEngine

from migrator.dialects.writing import PlainColumn, Target, WriteRules, Written, chunks, names_in_sql, placeholders

_TABLES = sa.table(
    "TABLES",
    *(sa.column(name) for name in ("engine", "table_schema", "table_name", "avg_row_length")),
    schema="information_schema",
)
_ENGINES = sa.table("ENGINES", sa.column("engine"), sa.column("transactions"), schema="information_schema")
_ME = "CONCAT(QUOTE(SUBSTRING_INDEX(CURRENT_USER(), '@', 1)), '@', QUOTE(SUBSTRING_INDEX(CURRENT_USER(), '@', -1)))"
_NOTHING_INTERFERES = sa.text(
    # Who lacks the privilege TRIGGER is shown no trigger.
    f"SELECT (EXISTS (SELECT 1 FROM information_schema.user_privileges WHERE privilege_type = 'TRIGGER'"  # noqa: S608
    f" AND grantee = {_ME}) OR EXISTS (SELECT 1 FROM information_schema.schema_privileges"
    f" WHERE privilege_type = 'TRIGGER' AND grantee = {_ME} AND COALESCE(:schema, DATABASE()) LIKE table_schema)"
    f" OR EXISTS (SELECT 1 FROM information_schema.table_privileges WHERE privilege_type = 'TRIGGER'"
    f" AND grantee = {_ME} AND table_schema = COALESCE(:schema, DATABASE()) AND table_name = :name))"
    " AND EXISTS (SELECT 1 FROM information_schema.tables WHERE table_type = 'BASE TABLE'"
    " AND table_schema = COALESCE(:schema, DATABASE()) AND table_name = :name)"
    " AND NOT EXISTS (SELECT 1 FROM information_schema.triggers WHERE event_manipulation = 'UPDATE'"
    " AND event_object_schema = COALESCE(:schema, DATABASE()) AND event_object_table = :name)"
    " AND NOT EXISTS (SELECT 1 FROM information_schema.referential_constraints"
    " WHERE update_rule NOT IN ('RESTRICT', 'NO ACTION')"
    " AND unique_constraint_schema = COALESCE(:schema, DATABASE()) AND referenced_table_name = :name)"
)
_PLAIN_COLUMNS = sa.text(
    "SELECT column_name AS name, CONCAT_WS(' ', column_type, collation_name) AS kind, is_nullable = 'YES' AS nullable"
    " FROM information_schema.columns WHERE table_schema = COALESCE(:schema, DATABASE()) AND table_name = :name"
    " AND extra IN ('', 'auto_increment', 'DEFAULT_GENERATED', 'INVISIBLE') AND data_type IN :types"
).bindparams(sa.bindparam("types", expanding=True))
# Not timestamp: what is set may go through the session's time zone, and twice a year that isn't one to one.
_TYPES = (
    *("tinyint", "smallint", "mediumint", "int", "bigint", "decimal", "float", "double", "bit"),
    *("char", "varchar", "tinytext", "text", "mediumtext", "longtext", "enum", "set"),
    *("binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob"),
    *("date", "datetime", "time", "year", "uuid"),
)


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

    def plain_columns(self, connection: Connection, table: sa.TableClause) -> Mapping[str, PlainColumn]:
        """Of base tables, where the user may see their triggers."""
        named = {"schema": table.schema, "name": table.name}
        if not connection.execute(_NOTHING_INTERFERES, named).scalar():
            return {}
        found = connection.execute(_PLAIN_COLUMNS, {**named, "types": _TYPES}).all()
        return {row[0]: PlainColumn(kind=row[1], nullable=bool(row[2])) for row in found}

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
