"""The snapshot of a database on MySQL and MariaDB, from INFORMATION_SCHEMA.

Source: MySQL manual, INFORMATION_SCHEMA Tables (run on 9.7); MariaDB manual, Information Schema Tables (run on 10.11).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

import sqlalchemy as sa
from sqlalchemy import Connection

from migrator.dialects.mysql.snapshot_queries import MARIADB, MYSQL
from migrator.dialects.snapshot import Fact, SnapshotRules

_DEFAULT_SCHEMA = sa.text("SELECT database()")
_TABLES = sa.text("SELECT table_name, table_type FROM information_schema.tables WHERE table_schema = :schema")
# What only SHOW CREATE TABLE tells: the periods of MariaDB, and keys over them.
_PERIOD = re.compile(r"^\s*(PERIOD FOR .*?|.*WITHOUT OVERLAPS.*?),?$", re.M)


class MySQLSnapshot(SnapshotRules):
    """Rights on functions and procedures are not in it (only the ``mysql`` database has them), nor is the ALGORITHM of
    a view on MySQL."""

    def facts(self, connection: Connection, schema: str | None) -> Sequence[Fact]:
        database = schema or str(connection.execute(_DEFAULT_SCHEMA).scalar())
        mariadb = bool(getattr(connection.dialect, "is_mariadb", False))
        facts = [fact for query in (MARIADB if mariadb else MYSQL) for fact in _asked(connection, query, database)]
        return facts + (list(_shown_by_mariadb(connection, database)) if mariadb else [])


def _asked(connection: Connection, query: str, database: str) -> Iterator[Fact]:
    rows = [[_text(value) for value in row] for row in connection.execute(sa.text(query), {"schema": database})]
    for (kind, name, table), group in groupby(rows, key=lambda row: tuple(row[:3])):
        parts = (", ".join(part for part in row[3:] if part) for row in group)
        definition = _without_database("; ".join(parts), database)
        yield Fact(kind=kind, name=name, table=table, definition=definition)


def _text(value: object) -> str:
    """MySQL gives some columns of its dictionary as bytes."""
    if value is None:
        return ""
    return value.decode() if isinstance(value, bytes) else str(value)


def _without_database(text: str, database: str) -> str:
    """Two databases of one shape must compare equal, and the server writes the database's name into views."""
    quoted = database.replace("`", "``")
    return text.replace(f"`{quoted}`.", "")


def _shown_by_mariadb(connection: Connection, database: str) -> Iterator[Fact]:
    quote = connection.dialect.identifier_preparer.quote_identifier
    for name, kind in connection.execute(_TABLES, {"schema": database}).all():
        full = f"{quote(database)}.{quote(name)}"
        if kind == "SEQUENCE":
            shown = str(connection.exec_driver_sql(f"SHOW CREATE SEQUENCE {full}").one()[1])
            yield Fact(kind="sequence", name=name, definition=_without_database(shown, database))
        elif kind != "VIEW":
            shown = str(connection.exec_driver_sql(f"SHOW CREATE TABLE {full}").one()[1])
            for match in _PERIOD.finditer(shown):
                yield Fact(kind="period", name=name, table=name, definition=match[1])


def snapshot_rules() -> MySQLSnapshot:
    """The rules of MySQL and MariaDB; the connection says which it is."""
    return MySQLSnapshot()
