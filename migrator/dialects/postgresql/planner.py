"""Steps on PostgreSQL: the online form of each operation, with its locks.

Source of the locks: manual of 14 to 18, chapter "Explicit Locking" and the page of each statement; measured by
tests/integration/test_planner.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from migrator.dialects.durations import whole_milliseconds
from migrator.dialects.planning import Ask, Lookup, PlanRules, Request, plain, transactions, version_numbers
from migrator.dialects.postgresql import facts
from migrator.dialects.postgresql.planner_acts import act
from migrator.dialects.postgresql.planner_columns import add_column, alter_column
from migrator.dialects.postgresql.planner_constraints import add_constraint
from migrator.dialects.postgresql.planner_indexes import create_index, drop_index
from migrator.dialects.postgresql.planner_steps import (
    costs_nothing,
    moment,
    references,
    strong,
)
from migrator.model import operation as o
from migrator.model.plan import Blocking, Capabilities, Plan, PlannedStep, TableFacts

NOT_NULL_NOT_VALID = "not-null-not-valid"
_OLDEST = "14"
FOREIGN_KEY_NOT_VALID_ON_PARTITIONED = "foreign-key-not-valid-on-partitioned"


class PostgreSQLPlanner(PlanRules):
    """Locks for a moment under the lock timeout; scans and builds under locks that let traffic through."""

    def capabilities(self, connection: Connection) -> Capabilities:
        number = int(connection.execute(sa.text("SELECT current_setting('server_version_num')")).scalar_one())
        version = str(connection.execute(sa.text("SELECT current_setting('server_version')")).scalar_one())
        return _capabilities(version.split()[0], number // 10000)

    def assumed(self, name: str, version: str | None) -> Capabilities:
        return _capabilities(version or _OLDEST, version_numbers(version or _OLDEST)[0])

    def facts(self, connection: Connection, schema: str | None, table: str) -> TableFacts | None:
        return facts.table_facts(connection, schema, table)

    def plan(self, request: Request, capabilities: Capabilities, lookup: Lookup) -> Plan:
        ask = Ask(request=request, capabilities=capabilities, lookup=lookup)
        plans = [_PLANS.get(type(one), _untouched)(ask, one) for one in request.operations]
        if not plans:
            return Plan(steps=(PlannedStep(sql=request.sql),))
        return plans[0] if len(plans) == 1 else _together(request, plans)

    def script(self, steps: Sequence[PlannedStep], lock_timeout: timedelta) -> tuple[str, ...]:
        bounded = f"SET LOCAL lock_timeout = '{whole_milliseconds(lock_timeout)}ms';"
        lines: list[str] = []
        for group in transactions(steps):
            statements = [f"{step.sql.strip().rstrip(';')};" for step in group]
            if group[0].outside:
                lines.extend(statements)
                continue
            waits = "" if group[0].bounded else "SET LOCAL lock_timeout = 0;"
            lines.extend(["BEGIN;", waits or bounded, *statements, "COMMIT;"])
        return tuple(lines)


def _capabilities(version: str, major: int) -> Capabilities:
    features = {NOT_NULL_NOT_VALID, FOREIGN_KEY_NOT_VALID_ON_PARTITIONED} if major >= 18 else set()
    return Capabilities(version=version, features=frozenset(features))


def _together(request: Request, plans: list[Plan]) -> Plan:
    """Several operations of one text are sent as it is; the worst of them counts."""
    steps = [step for one in plans for step in one.steps if step.tables]
    tables = tuple(dict.fromkeys(table for step in steps for table in step.tables))
    worst = _inline(request) or next((one.blocking for one in plans if one.blocking is not None), None)
    split = len(plans[0].steps) > 1
    if _refers_from_nothing(request):
        worst = None
    if worst is None and steps and not split:
        return Plan(steps=(strong(request.sql, steps[0].lock, tables),))
    return Plan(steps=(PlannedStep(sql=request.sql, tables=tables),), blocking=worst)


def _refers_from_nothing(request: Request) -> bool:
    """Whether it only adds columns that are NULL in every row, with foreign keys: the server doesn't check these."""
    added = {one.column.name for one in request.operations if isinstance(one, o.AddColumn)}
    keys = [one for one in request.operations if isinstance(one, o.AddConstraint)]
    return (
        len(added) + len(keys) == len(request.operations)
        and all(one.kind is o.ConstraintKind.FOREIGN_KEY and _is_inline(one, added) for one in keys)
        and not re.search(r"\b(?:DEFAULT|GENERATED|SERIAL|BIGSERIAL|SMALLSERIAL)\b", request.sql, re.IGNORECASE)
    )


def _is_inline(key: o.AddConstraint, added: set[str]) -> bool:
    """Whether it is said of a column that is added; a key that stands beside its column is checked against all rows."""
    return key.inline and added.issuperset(key.columns)


def _inline(request: Request) -> Blocking | None:
    """A column with constraints of its own in one statement: they can't be had without a scan there."""
    column = next((one for one in request.operations if isinstance(one, o.AddColumn)), None)
    added = any(isinstance(one, o.AddConstraint) and not costs_nothing(one) for one in request.operations)
    if column is None or not added or not request.existed((column.schema, column.table)):
        return None
    return Blocking(
        rule="inline-constraint-on-add-column",
        message=(
            f"adds column {column.target}.{column.column.name} and a constraint in one statement: the table is scanned"
            " or an index is built under ACCESS EXCLUSIVE, nobody reads or writes it"
        ),
        remedy=(
            f'split it:  op.add_column("{column.table}", sa.Column("{column.column.name}", ...)), then the constraint'
        ),
    )


def _untouched(ask: Ask, op: o.Operation) -> Plan:
    return plain(ask)


def _altered(ask: Ask, op: Any) -> Plan:
    return moment(ask, "ACCESS EXCLUSIVE", (op.schema, op.table))


def _create_table(ask: Ask, op: o.CreateTable) -> Plan:
    """A new table locks nothing but what its foreign keys refer to."""
    if op.parent is not None:
        return moment(ask, "ACCESS EXCLUSIVE", op.parent)
    return moment(ask, "SHARE ROW EXCLUSIVE", *references(ask.request.sql))


def _drop_table(ask: Ask, op: o.DropTable) -> Plan:
    known = ask.facts((op.schema, op.table))
    parents = tuple(dict.fromkeys(known.foreign_keys.values())) if known else ()
    return moment(ask, "ACCESS EXCLUSIVE", (op.schema, op.table), *parents)


def _drop_constraint(ask: Ask, op: o.DropConstraint) -> Plan:
    """A foreign key locks the table that it refers to as well."""
    known = ask.facts((op.schema, op.table))
    parent = known.foreign_keys.get(op.name) if known else None
    return moment(ask, "ACCESS EXCLUSIVE", (op.schema, op.table), *((parent,) if parent else ()))


def _create_object(ask: Ask, op: o.CreateObject) -> Plan:
    if op.kind is o.ObjectKind.TRIGGER and op.table:
        return moment(ask, "SHARE ROW EXCLUSIVE", (op.schema, op.table))
    return plain(ask)


def _drop_object(ask: Ask, op: o.DropObject) -> Plan:
    if op.kind in (o.ObjectKind.TRIGGER, o.ObjectKind.RULE) and op.table:
        return moment(ask, "ACCESS EXCLUSIVE", (op.schema, op.table))
    if op.kind in (o.ObjectKind.VIEW, o.ObjectKind.MATERIALIZED_VIEW):
        return moment(ask, "ACCESS EXCLUSIVE", (op.schema, op.name))
    return plain(ask)


_PLANS: dict[type[o.Operation], Callable[[Ask, Any], Plan]] = {
    o.Act: act,
    o.CreateTable: _create_table,
    o.DropTable: _drop_table,
    o.RenameTable: _altered,
    o.AddColumn: add_column,
    o.DropColumn: _altered,
    o.AlterColumn: alter_column,
    o.CreateIndex: create_index,
    o.DropIndex: drop_index,
    o.AddConstraint: add_constraint,
    o.DropConstraint: _drop_constraint,
    o.CreateObject: _create_object,
    o.DropObject: _drop_object,
    o.Truncate: _altered,
}


def plan_rules(name: str) -> PlanRules:
    """The planner."""
    return PostgreSQLPlanner()
