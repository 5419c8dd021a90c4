"""What the planner makes of a statement: the form that would really be sent, or the reason why there is none.

The planner is the executor's own; here it knows the schema from the statements before and from a dump, and takes the
server for the version that it is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import Dialect

from migrator.check.rule import Find, Problem
from migrator.dialects.checking import Traits
from migrator.dialects.model_facts import table_facts
from migrator.dialects.planning import PlanRules, Request, planner
from migrator.dialects.schema_model import SchemaModel
from migrator.model import operation as o
from migrator.model.finding import Severity
from migrator.model.plan import Blocking, Capabilities, Plan, TableFacts, TableName, shown_table

if TYPE_CHECKING:
    from migrator.check.situation import Situation
    from migrator.scripts.recording import RecordedItem


_OPAQUE = "opaque-sql"


@dataclass(frozen=True, kw_only=True)
class Planning:
    """A planner and the server that it plans for."""

    rules: PlanRules
    capabilities: Capabilities
    dialect: Dialect

    @classmethod
    def for_server(cls, dialect: str, version: str | None) -> Planning:
        """For a server that nobody connects to.

        Args:
            version: as ``15`` or ``8.4.2``; None takes the version that the check assumes.

        Raises:
            UsageError: no version, or one older than those supported.
        """
        rules = planner(dialect)
        made = sa.make_url(f"{dialect}://").get_dialect()()
        return cls(rules=rules, capabilities=rules.assumed(dialect, version), dialect=made)

    def plans(self, item: RecordedItem, new_tables: frozenset[TableName], *, text: bool) -> tuple[Plan, ...]:
        """One plan for each statement that the item sends and that may change something."""

        def lookup(schema: str | None, table: str) -> TableFacts | None:
            return None if item.before is None else table_facts(item.before, schema, table, self.dialect)

        found = []
        made = new_tables
        for before, sent in zip((None, *item.sent), item.sent, strict=False):
            # A table's indexes are sent behind it, as one operation.
            made |= _tables_made(before.operations if before is not None else ())
            if sent.operations and all(isinstance(one, o.Harmless | o.Unread) for one in sent.operations):
                continue
            known = item.before or SchemaModel()
            once = frozenset(name for name, kind in known.functions.items() if kind != "volatile")
            request = Request(
                sql=sent.sql,
                operations=sent.operations,
                raw=sent.raw,
                new_tables=made,
                evaluated_once=once,
                domains=known.domains,
            )
            plan = self.rules.plan(request, self.capabilities, lookup)
            if plan.blocking is not None and plan.blocking.rule == _OPAQUE and not text:
                # Several statements in one text: the reader took them apart, and what it can't read is a finding.
                continue
            found.append(plan)
        return tuple(found)


def _tables_made(operations: Sequence[o.Operation]) -> frozenset[TableName]:
    created = (one for one in operations if isinstance(one, o.CreateTable) and not one.unless_exists)
    return frozenset((one.schema, one.table) for one in created)


def problem_of(blocking: Blocking, traits: Traits) -> Problem:
    """The planner's words as a rule's."""
    sql = f"write:  {blocking.sql}" if blocking.sql else ""
    return Problem(
        message=blocking.message,
        remedy=blocking.remedy,
        sql=sql,
        source=traits.lock_source,
        severity=None if blocking.certain else Severity.WARNING,
        condition=blocking.condition,
    )


def rebuilding(plans: Sequence[Plan], statement: str) -> Blocking | None:
    """A statement of a file that the server carries out by writing the table anew, which nobody asks it to refuse."""
    for step in (step for plan in plans for step in plan.steps):
        if step.rewrites or step.may_rewrite or step.degrades:
            table = shown_table(step.tables[0]) if step.tables else "its table"
            sure = step.rewrites or step.degrades
            verb = "writes" if sure else "may write"
            split = step.degrades or (", " in statement and step.rewrites and "INDEX" in statement.upper())
            return Blocking(
                rule="mysql-combined-alter-loses-instant" if split else "mysql-nullability-rebuild",
                message=f"{verb} table {table} and all its indexes anew: replicas lag by about its duration",
                remedy="one change a statement, with ALGORITHM=INSTANT, so that the server refuses what needs more",
                certain=sure,
                condition=step.condition,
            )
    return None


def refused_by_planner(rule: str) -> Find:
    """A rule's ``find`` that tells what the planner says under the rule's id."""

    def find(op: o.Operation, at: Situation) -> Problem | None:
        if at.blocking is None or at.blocking.rule != rule:
            return None
        return problem_of(at.blocking, at.traits)

    return find
