"""The catalogue of PostgreSQL."""

from __future__ import annotations

import re

import sqlalchemy as sa
from sqlalchemy import Connection

from migrator.dialects.heads import HeadCatalogue, unquoted

_CONCURRENTLY = re.compile(r'CREATE (?:UNIQUE )?INDEX CONCURRENTLY ((?:"[^"]+"|[\w$]+)) ON ((?:"[^"]+"|[\w$.])+)', re.I)
_VALID = sa.text(
    "SELECT i.indisvalid, c.oid::regclass::text FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
    " WHERE i.indrelid = to_regclass(:table_name) AND c.relname = :index_name"
)


class PostgreSQLCatalogue(HeadCatalogue):
    """An index that is there is not an index that is done: a build that was stopped leaves an INVALID one behind,
    which slows writes and serves no query (manual of 14 to 18, CREATE INDEX)."""

    def effect_visible(self, connection: Connection, statement: str) -> bool | None:
        """As elsewhere; an INVALID index of a concurrent build is dropped, and counts as not done.

        Locks: DROP INDEX CONCURRENTLY, where there is an INVALID one.
        """
        match = _CONCURRENTLY.match(" ".join(statement.split()))
        if match is None:
            return super().effect_visible(connection, statement)
        names = {"table_name": match[2], "index_name": unquoted(match[1])[1]}
        row = connection.execute(_VALID, names).first()
        if row is None:
            return False
        if not row[0]:
            connection.exec_driver_sql(f"DROP INDEX CONCURRENTLY {row[1]}")
        return bool(row[0])
