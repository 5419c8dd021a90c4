"""SQLite's part of the check."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.dialects.sqlite.base import SQLiteDialect
from sqlalchemy.engine.interfaces import Dialect

from migrator.dialects.checking import CheckRules, ReadStatement, Traits
from migrator.dialects.modelled import ModelledReflection
from migrator.dialects.schema_model import SchemaModel
from migrator.dialects.splitting import SQLITE, Split, split
from migrator.dialects.sqlite import text

_TRAITS = Traits(
    name="sqlite",
    title="SQLite",
    table_lock="the write lock of the whole database",
    lock_source="SQLite manual, File Locking: https://www.sqlite.org/lockingv3.html",
    alter_source="SQLite manual, ALTER TABLE: https://www.sqlite.org/lang_altertable.html",
)


class RecordingSQLite(ModelledReflection, SQLiteDialect):  # type: ignore[misc]  # untyped overloads
    """Compiles for SQLite 3.45; needs no driver."""

    supports_statement_cache = False


class SQLiteCheck(CheckRules):
    traits = _TRAITS

    def recording_dialect(self, model: SchemaModel) -> Dialect:
        dialect = RecordingSQLite(paramstyle="qmark")
        dialect.prepare(model, (3, 45, 0))
        return dialect

    def read(self, sql: str) -> Sequence[ReadStatement]:
        return text.read(sql)

    def split(self, sql: str) -> Split:
        return split(sql, SQLITE)


def check_rules(name: str) -> CheckRules:
    """The rules of ``sqlite``."""
    return SQLiteCheck()
