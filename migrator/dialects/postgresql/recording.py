"""PostgreSQL's part of the check."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import lru_cache

from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.engine.interfaces import Dialect

from migrator.dialects.checking import CheckRules, ReadStatement, Traits
from migrator.dialects.modelled import ModelledReflection
from migrator.dialects.postgresql import text
from migrator.dialects.postgresql.types import is_free
from migrator.dialects.schema_model import SchemaModel
from migrator.dialects.splitting import POSTGRESQL, Split, split

_LONGEST_NAME = 63
_MANUAL = "https://www.postgresql.org/docs/current"
_TRAITS = Traits(
    name="postgresql",
    title="PostgreSQL",
    table_lock="an ACCESS EXCLUSIVE lock (nobody reads or writes the table meanwhile)",
    lock_source=f"PostgreSQL manual, Explicit Locking: {_MANUAL}/explicit-locking.html",
    alter_source=f"PostgreSQL manual, ALTER TABLE: {_MANUAL}/sql-altertable.html",
    default_schema="public",
    index_build_stops_writes=True,
    foreign_key_locks_parent=True,
    free_type=lambda old, new, domains: is_free(old.lower(), new.lower(), domains=domains),
    one_transaction=True,
    longest_name=63,
    names_cut_in_bytes=True,
    placeholder="${}",
)
# psql's: they print, or stand in dumps; \\i, \\connect, \\gexec and \\! send what isn't in the file.
_HARMLESS_COMMANDS = frozenset("restrict unrestrict echo qecho warn timing pset t a x encoding p r".split())
# What psql itself does by them; AUTOCOMMIT is none, nor a variable that a statement may hold.
_OWN_VARIABLES = frozenset("ECHO ECHO_HIDDEN FETCH_COUNT ON_ERROR_STOP QUIET SHOW_CONTEXT VERBOSITY".split())

_KEPT_LENGTH = 10_000


@lru_cache(maxsize=1024)
def _reread(sql: str, parser: object) -> Sequence[ReadStatement]:
    """Each way through a revision sends what the others sent; without the parser it is read otherwise."""
    return text.read(sql)


class RecordingPostgreSQL(ModelledReflection, PGDialect):  # type: ignore[misc]  # untyped overloads
    """Compiles for PostgreSQL 15; needs no driver."""

    supports_statement_cache = False

    def constraint_name(self, kind: str, table: str, columns: list[str], number: int) -> str | None:
        """As table_column_fkey, the longer of the first two parts cut until all fits into 63 bytes."""
        first, second = table, "_".join(columns)
        while len("_".join(filter(None, (first, second, kind))).encode()) > _LONGEST_NAME:
            first, second = (first[:-1], second) if len(first) > len(second) else (first, second[:-1])
        return "_".join(filter(None, (first, second, kind)))


class PostgreSQLCheck(CheckRules):
    traits = _TRAITS

    def recording_dialect(self, model: SchemaModel) -> Dialect:
        dialect = RecordingPostgreSQL(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]  # untyped
        dialect.prepare(model, (15, 0))
        dialect._backslash_escapes = False
        dialect.supports_identity_columns = True
        return dialect

    def read(self, sql: str) -> Sequence[ReadStatement]:
        return _reread(sql, sys.modules.get("postgast")) if len(sql) <= _KEPT_LENGTH else text.read(sql)

    def split(self, sql: str) -> Split:
        return split(sql, POSTGRESQL)

    def harmless_command(self, line: str) -> bool:
        words = line[1:].split()
        own_behaviour = words[:1] in (["set"], ["unset"]) and words[1:2] != [] and words[1].upper() in _OWN_VARIABLES
        return own_behaviour or (words[:1] != [] and words[0] in _HARMLESS_COMMANDS)


def check_rules(name: str) -> CheckRules:
    """The rules of ``postgresql``."""
    return PostgreSQLCheck()
