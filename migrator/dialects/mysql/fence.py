"""Fences on MySQL and MariaDB: two triggers that raise an error (a CHECK would be verified by a scan)."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection
from sqlalchemy.dialects import mysql

from migrator.dialects.fence import FenceRules, as_text, of_one_row

_TRIGGERS = sa.text(
    "SELECT count(*) FROM information_schema.triggers"
    " WHERE trigger_schema = COALESCE(:schema, DATABASE()) AND trigger_name IN (:insert, :update)"
)
_EVENTS = {"_i": "INSERT", "_u": "UPDATE"}
_LONGEST_MESSAGE = 128


class MySQLFence(FenceRules):
    """BEFORE INSERT and BEFORE UPDATE triggers with SIGNAL: a metadata lock for a moment, no scan (MySQL 9.7 and
    MariaDB 10.11).  They must go before a column that they name, else no row of the table can be written."""

    in_transaction = False

    def __init__(self) -> None:
        # No "%" is doubled in this style; the statements are sent without parameters.
        self._dialect = mysql.dialect(paramstyle="named")
        self._preparer = self._dialect.identifier_preparer

    def raise_statements(self, table: sa.TableClause, refuse: ColumnElement[bool], name: str) -> tuple[str, ...] | None:
        alone = of_one_row(refuse, table, self._new)
        condition = None if alone is None else as_text(alone, self._dialect)
        if condition is None:
            return None
        said = sa.literal(f"migrator: row of the old shape refused by {name}"[:_LONGEST_MESSAGE])
        message = as_text(said, self._dialect)  # type: ignore[arg-type]  # a literal is an expression too
        return (
            *self.lower_statements(table, name),
            *(
                f"CREATE TRIGGER {self._trigger(table, name + suffix)} BEFORE {event}"
                f" ON {self._preparer.format_table(table)} FOR EACH ROW"
                f" BEGIN IF ({condition}) THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = {message}; END IF; END"
                for suffix, event in _EVENTS.items()
            ),
        )

    def lower_statements(self, table: sa.TableClause, name: str) -> tuple[str, ...]:
        return tuple(f"DROP TRIGGER IF EXISTS {self._trigger(table, name + suffix)}" for suffix in _EVENTS)

    def is_up(self, connection: Connection, table: sa.TableClause, name: str) -> bool:
        return self._count(connection, table, name) == len(_EVENTS)

    def is_partly_up(self, connection: Connection, table: sa.TableClause, name: str) -> bool:
        return self._count(connection, table, name) > 0

    def _count(self, connection: Connection, table: sa.TableClause, name: str) -> int:
        names = {"schema": table.schema, "insert": f"{name}_i", "update": f"{name}_u"}
        return int(connection.execute(_TRIGGERS, names).scalar_one())

    def _new(self, column: sa.ColumnClause[Any]) -> ColumnElement[Any]:
        return sa.literal_column(f"NEW.{self._preparer.quote(column.name)}", column.type)

    def _trigger(self, table: sa.TableClause, name: str) -> str:
        schema: str | None = table.schema
        prefix = f"{self._preparer.quote(schema)}." if schema else ""
        return prefix + self._preparer.quote(name)
