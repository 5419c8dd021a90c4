"""Fences on SQLite: none is needed."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection

from migrator.dialects.fence import FenceRules


class SQLiteFence(FenceRules):
    """BEGIN IMMEDIATE keeps every other writer out from before the last question until after the drop."""

    in_transaction = True

    def raise_statements(self, table: sa.TableClause, refuse: ColumnElement[bool], name: str) -> tuple[str, ...] | None:
        return ()

    def lower_statements(self, table: sa.TableClause, name: str) -> tuple[str, ...]:
        return ()

    def is_up(self, connection: Connection, table: sa.TableClause, name: str) -> bool:
        return False

    def is_partly_up(self, connection: Connection, table: sa.TableClause, name: str) -> bool:
        return False
