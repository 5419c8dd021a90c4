"""The snapshot of a schema on PostgreSQL 14 to 18, from pg_catalog.

Source: PostgreSQL manual, System Catalogs, and System Information Functions (pg_get_constraintdef and its kin).
Run on 14, 15 and 18.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy import Connection

from migrator.dialects.postgresql.snapshot_queries import QUERIES
from migrator.dialects.snapshot import Fact, SnapshotRules

_DEFAULT_SCHEMA = sa.text("SELECT current_schema()")
_SEARCH_PATH = sa.text("SELECT current_setting('search_path')")
_SET_SEARCH_PATH = sa.text("SELECT set_config('search_path', :path, false)")


class PostgreSQLSnapshot(SnapshotRules):
    """Every query gives kind, name, table and definition."""

    def facts(self, connection: Connection, schema: str | None) -> Sequence[Fact]:
        values = {"schema": schema or connection.execute(_DEFAULT_SCHEMA).scalar()}
        with _qualified_names(connection):
            return [
                Fact(kind=kind, name=name, table=table or "", definition=definition or "")
                for query in QUERIES
                for kind, name, table, definition in connection.execute(sa.text(query), values)
            ]


@contextmanager
def _qualified_names(connection: Connection) -> Iterator[None]:
    """Makes the server write schemas into every definition, as pg_dump does: what it writes depends on the search path,
    and two connections may differ in that."""
    before = connection.execute(_SEARCH_PATH).scalar()
    connection.execute(_SET_SEARCH_PATH, {"path": "pg_catalog"})
    yield
    # Not after an error: the transaction is aborted then, and its end takes the setting back.
    connection.execute(_SET_SEARCH_PATH, {"path": before})


def snapshot_rules() -> PostgreSQLSnapshot:
    """The rules of PostgreSQL."""
    return PostgreSQLSnapshot()
