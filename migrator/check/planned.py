"""What the planner makes of a statement: the form that would really be sent, or the reason why there is none.

The planner is the executor's own; here it knows the schema from the statements before and from a dump, and takes the
server for the version that it is told.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from migrator.check.rule import Find, Problem
from migrator.dialects.checking import Traits
from migrator.dialects.model_facts import table_facts
from migrator.dialects.planning import PlanRules, Request, planner
from migrator.dialects.schema_model import SchemaModel
from migrator.model import operation as o
from migrator.model.plan import Blocking, Capabilities, Plan, TableFacts, TableName

if TYPE_CHECKING:
    from migrator.check.situation import Situation
    from migrator.scripts.recording import RecordedItem


@dataclass(frozen=True, kw_only=True)
class Planning:
    """A planner and the server that it plans for."""

    rules: PlanRules
    capabilities: Capabilities

    @classmethod
    def for_server(cls, dialect: str, version: str | None) -> Planning:
        """For a server that nobody connects to.

        Args:
            version: as ``15`` or ``8.4.2``; None takes the version that the check assumes.

        Raises:
            UsageError: no version, or one older than those supported.
        """
        rules = planner(dialect)
        return cls(rules=rules, capabilities=rules.assumed(dialect, version))

    def plans(self, item: RecordedItem, new_tables: frozenset[TableName]) -> tuple[Plan, ...]:
        """One plan for each statement that the item sends and that may change something."""

        def lookup(schema: str | None, table: str) -> TableFacts | None:
            return None if item.before is None else table_facts(item.before, schema, table)

        found = []
        for sent in item.sent:
            if sent.operations and all(isinstance(one, o.Harmless | o.Unread) for one in sent.operations):
                continue
            known = item.before or SchemaModel()
            once = frozenset(name for name, kind in known.functions.items() if kind != "volatile")
            request = Request(
                sql=sent.sql,
                operations=sent.operations,
                raw=sent.raw,
                new_tables=new_tables,
                evaluated_once=once,
                domains=known.domains,
            )
            found.append(self.rules.plan(request, self.capabilities, lookup))
        return tuple(found)


def problem_of(blocking: Blocking, traits: Traits) -> Problem:
    """The planner's words as a rule's."""
    sql = f"write:  {blocking.sql}" if blocking.sql else ""
    return Problem(message=blocking.message, remedy=blocking.remedy, sql=sql, source=traits.lock_source)


def refused_by_planner(rule: str) -> Find:
    """A rule's ``find`` that tells what the planner says under the rule's id."""

    def find(op: o.Operation, at: Situation) -> Problem | None:
        if at.blocking is None or at.blocking.rule != rule:
            return None
        return problem_of(at.blocking, at.traits)

    return find
