"""SQLite's spellings of types, defaults and expressions; it keeps a declared type as it was written.

Source: SQLite manual, Datatypes In SQLite, and CREATE TABLE.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy import Connection

from migrator.dialects.comparing import Comparing
from migrator.dialects.schema_model import Reflected

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
    index_order = False

    def plain_type(self, text: str) -> str:
        name, bracket, size = text.partition("(")
        return _NAMES.get(name.strip(), name.strip()) + bracket + size

    def read_only(self, connection: Connection, limit: timedelta) -> None:
        """SQLite has no limit for one question; how long a lock is waited for is set on every connection of ours."""
        connection.execute(sa.text("PRAGMA query_only = ON"))

    def unreflected_indexes(
        self, connection: Connection, table: str, schema: str | None, known: Collection[str]
    ) -> list[Reflected]:
        """Those over expressions."""
        listed = sa.text("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = :t AND sql NOT NULL")
        return [
            {
                "name": row.name,
                "column_names": [None],
                "unique": bool(re.match(r"CREATE\s+UNIQUE\b", row.sql, re.IGNORECASE)),
                "unread": True,
            }
            for row in connection.execute(listed, {"t": table})
            if row.name not in known
        ]


def comparing(name: str) -> Comparing:
    """The rules of ``sqlite``."""
    return SQLiteComparing()
