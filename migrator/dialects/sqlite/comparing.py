"""SQLite's spellings of types, defaults and expressions; it keeps a declared type as it was written.

Source: SQLite manual, Datatypes In SQLite, and CREATE TABLE.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy import Connection

from migrator.dialects.comparing import Comparing
from migrator.dialects.schema_model import ModelTable, Reflected
from migrator.dialects.sqlite.completing import complete
from migrator.model.shape import Value

_NAMES = {
    "int": "integer",
    "int4": "integer",
    "int8": "bigint",
    "int2": "smallint",
    "bool": "boolean",
    "character varying": "varchar",
    "character": "char",
    "decimal": "numeric",
    "timestamp without time zone": "timestamp",
    "double precision": "double",
    "double_precision": "double",
}


class SQLiteComparing(Comparing):
    type_names = _NAMES
    comments = False
    numbering = False

    def plain_type(self, text: str) -> str:
        name, bracket, size = text.partition("(")
        return _NAMES.get(name.strip(), name.strip()) + bracket + size

    def read_only(self, connection: Connection, limit: timedelta) -> None:
        """SQLite has no limit for one question; how long a lock is waited for is set on every connection of ours."""
        connection.execute(sa.text("PRAGMA query_only = ON"))

    def complete(self, connection: Connection, schema: str | None, tables: Mapping[str, ModelTable]) -> None:
        complete(connection, schema, tables)

    def collation(self, column: Reflected, given: Reflected | None) -> Mapping[str, Value]:
        """Their names don't differ by case."""
        return {name: value and value.lower() for name, value in super().collation(column, given).items()}

    def table_options(self, given: Reflected) -> Mapping[str, str]:
        kinds = {"strict": bool(given.get("sqlite_strict")), "without rowid": given.get("sqlite_with_rowid") is False}
        return {"options": ", ".join(name for name, is_set in kinds.items() if is_set)}


def comparing(name: str) -> Comparing:
    """The rules of ``sqlite``."""
    return SQLiteComparing()
