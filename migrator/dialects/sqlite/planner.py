"""SQLite has no online forms: one transaction holds DDL, version row and journal, and other writers wait for it."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Connection

from migrator.dialects.planning import Lookup, PlanRules, Request, version_numbers
from migrator.model.plan import Capabilities, Plan, PlannedStep, TableFacts


class SQLitePlanner(PlanRules):
    """Every statement is its own step."""

    def capabilities(self, connection: Connection) -> Capabilities:
        return Capabilities(version=str(connection.exec_driver_sql("SELECT sqlite_version()").scalar_one()))

    def assumed(self, name: str, version: str | None) -> Capabilities:
        if version is not None:
            version_numbers(version)
        return Capabilities(version=version or "3.40")

    def facts(self, connection: Connection, schema: str | None, table: str) -> TableFacts | None:
        return TableFacts() if sa.inspect(connection).has_table(table, schema=schema) else None

    def plan(self, request: Request, capabilities: Capabilities, lookup: Lookup) -> Plan:
        return Plan(steps=(PlannedStep(sql=request.sql),))


def plan_rules(name: str) -> PlanRules:
    """The planner."""
    return SQLitePlanner()
