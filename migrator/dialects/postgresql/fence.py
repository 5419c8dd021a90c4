"""Fences on PostgreSQL: a check that is not valid for the rows that are there, and enforced for all that come."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection
from sqlalchemy.dialects import postgresql

from migrator.dialects.fence import FenceRules, as_text, of_one_row

_CHECK = sa.text("SELECT 1 FROM pg_constraint WHERE conname = :name AND conrelid = to_regclass(:table)")


class PostgreSQLFence(FenceRules):
    """``ADD CONSTRAINT ... CHECK ... NOT VALID``: ACCESS EXCLUSIVE for a moment, no scan (manual of 14 to 18, ALTER
    TABLE).  The check goes with any column that it names, on 14, 15 and 18."""

    in_transaction = False

    def __init__(self) -> None:
        # No "%" is doubled in this style; the statement is sent without parameters.
        self._dialect = postgresql.dialect(paramstyle="named")  # type: ignore[no-untyped-call]  # untyped there
        # Servers take a backslash as it is (standard_conforming_strings); SQLAlchemy 2.0 doubles it until connected.
        self._dialect._backslash_escapes = False

    def raise_statements(self, table: sa.TableClause, refuse: ColumnElement[bool], name: str) -> tuple[str, ...] | None:
        alone = of_one_row(refuse, table, lambda column: sa.column(column.name, column.type))
        condition = None if alone is None else as_text(alone, self._dialect)
        if condition is None:
            return None
        preparer = self._dialect.identifier_preparer
        return (
            f"ALTER TABLE {preparer.format_table(table)} ADD CONSTRAINT {preparer.quote(name)}"
            f" CHECK (({condition}) IS NOT TRUE) NOT VALID",
        )

    def lower_statements(self, table: sa.TableClause, name: str) -> tuple[str, ...]:
        preparer = self._dialect.identifier_preparer
        return (f"ALTER TABLE {preparer.format_table(table)} DROP CONSTRAINT IF EXISTS {preparer.quote(name)}",)

    def is_up(self, connection: Connection, table: sa.TableClause, name: str) -> bool:
        full = self._dialect.identifier_preparer.format_table(table)
        return connection.execute(_CHECK, {"name": name, "table": full}).first() is not None

    def is_partly_up(self, connection: Connection, table: sa.TableClause, name: str) -> bool:
        return self.is_up(connection, table, name)
