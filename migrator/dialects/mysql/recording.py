"""MySQL's and MariaDB's part of the check."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import sqlalchemy as sa
from sqlalchemy.dialects.mysql.base import MySQLDialect
from sqlalchemy.engine.interfaces import Dialect

from migrator.dialects.checking import CheckRules, ReadStatement, Traits
from migrator.dialects.modelled import ModelledReflection
from migrator.dialects.mysql import text
from migrator.dialects.mysql.executable_comments import unwrapped
from migrator.dialects.mysql.planner_exact import keeps_values
from migrator.dialects.mysql.prepared import executed
from migrator.dialects.schema_model import SchemaModel
from migrator.dialects.splitting import MYSQL, Split, split

_MYSQL = Traits(
    name="mysql",
    title="MySQL",
    table_lock="an exclusive metadata lock (it waits for open transactions, and all traffic of the table behind it)",
    lock_source=("MySQL manual, Metadata Locking: https://dev.mysql.com/doc/refman/8.4/en/metadata-locking.html"),
    alter_source="MySQL manual, ALTER TABLE: https://dev.mysql.com/doc/refman/8.4/en/alter-table.html",
    restates_columns=True,
    fills_missing_default=True,
    drops_implicit_null=True,
    placeholder="?",
    free_type=lambda old, new, domains: keeps_values(old, new),
)


def _document(type_: str) -> str:
    """MariaDB's JSON is a longtext; what its check costs is the planner's to say."""
    return "longtext" if type_.lower() == "json" else type_


_MARIADB = replace(
    _MYSQL,
    name="mariadb",
    title="MariaDB",
    drops_implicit_null=False,
    free_type=lambda old, new, domains: keeps_values(_document(old), _document(new)),
    lock_source="MariaDB manual, Metadata Locking: https://mariadb.com/kb/en/metadata-locking/",
    alter_source="MariaDB manual, ALTER TABLE: https://mariadb.com/kb/en/alter-table/",
)


class RecordingMySQL(ModelledReflection, MySQLDialect):
    """Compiles for MySQL 8.4 or MariaDB 10.11; needs no driver."""

    supports_statement_cache = False

    def constraint_name(self, kind: str, table: str, columns: list[str], number: int) -> str | None:
        """InnoDB's numbers for foreign keys, the first column for a unique key."""
        if kind == "fkey":
            return f"{table}_ibfk_{number}"
        return columns[0] if kind == "key" and columns else None


class MySQLCheck(CheckRules):
    def __init__(self, traits: Traits, *, mariadb: bool) -> None:
        self.traits = traits
        self._mariadb = mariadb

    def recording_dialect(self, model: SchemaModel) -> Dialect:
        # Its name stays "mysql" on MariaDB too, as it is with a mysql+driver:// URL.
        dialect = RecordingMySQL(is_mariadb=self._mariadb, paramstyle="qmark")
        dialect.prepare(model, (10, 11, 6) if self._mariadb else (8, 4, 0))
        dialect._connection_charset = "utf8mb4"
        dialect._sql_mode = ""
        dialect.supports_sequences = self._mariadb
        # SQLAlchemy 2.0 gives MariaDB a UUID only under its own dialect's name.
        dialect.supports_native_uuid = self._mariadb and sa.Uuid in dialect.colspecs
        dialect._server_ansiquotes = False
        return dialect

    def read(self, sql: str) -> Sequence[ReadStatement]:
        return text.read(sql)

    def split(self, sql: str) -> Split:
        found = split(unwrapped(sql, mariadb=self._mariadb), MYSQL)
        return replace(found, pieces=executed(found.pieces, mariadb=self._mariadb))


def check_rules(name: str) -> CheckRules:
    """The rules of ``mysql`` or ``mariadb``."""
    return MySQLCheck(_MARIADB, mariadb=True) if name == "mariadb" else MySQLCheck(_MYSQL, mariadb=False)
