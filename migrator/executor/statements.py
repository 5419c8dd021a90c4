"""Every statement of a revision passes here on its way to the driver: read, planned, and sent as steps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection

from migrator.check.situation import Made
from migrator.check.small_tables import SmallTables
from migrator.db.database import Database
from migrator.dialects.checking import CheckRules, check_rules
from migrator.dialects.planning import PlanRules, Request, planner
from migrator.errors import FindingsError, FormRefusedError
from migrator.executor.allowances import Allowances
from migrator.executor.emptiness import all_empty
from migrator.executor.journaling import READS, Journal, head_of
from migrator.executor.sending import Send, each_statement, read_sent
from migrator.executor.smallness import Smallness
from migrator.executor.stepping import Stepper
from migrator.model.phase import Phase
from migrator.model.plan import Blocking, Capabilities, Plan, PlannedStep, TableFacts
from migrator.model.revision import Revision
from migrator.scripts.reading import ReadStatement


@dataclass(kw_only=True)
class StatementGate:
    """Watches one connection while a revision runs on it."""

    database: Database
    revision: Revision
    connection: Connection
    journal: Journal
    stepper: Stepper
    allowances: Allowances
    small: SmallTables
    last: tuple[ReadStatement, PlannedStep] | None = None
    """What is under way, or was when something failed."""
    _made: Made = field(default_factory=Made)
    _capabilities: Capabilities | None = None
    _rules: CheckRules = field(init=False)
    _planner: PlanRules = field(init=False)
    _smallness: Smallness = field(init=False)

    def __post_init__(self) -> None:
        self._rules = check_rules(self.database.pack.name)
        self._planner = planner(self.database.pack.name)
        self._smallness = Smallness(connection=self.connection, small=self.small, facts=self._facts)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Listen on the engine; only statements of our connection are touched."""
        with each_statement(self.connection.engine, self._pass):
            yield

    def _pass(self, statement: str, context: Any, send: Send) -> bool:
        """Send the statement's steps; True tells SQLAlchemy that nothing is left to do."""
        if self.journal.ours_now or context.root_connection.connection is not self.connection.connection:
            return False
        if head_of(statement) in READS:
            return False
        return self._steps(statement, context, send)

    def _steps(self, statement: str, context: Any, send: Send) -> bool:
        read = read_sent(statement, context, self.connection.dialect, self._rules)
        plan = self._plan(read)
        try:
            for step in plan.steps:
                self.last = (read, step)
                self.stepper.run(step, send)
        except FormRefusedError as error:
            refused = replace(plan, blocking=self._no_form(error))
            self._refuse_unless_harmless(refused, **error.fields)
            self.stepper.run(PlannedStep(sql=statement), send)
        for operation in read.operations:
            self._made.learn(operation)
        return True

    def _plan(self, read: ReadStatement) -> Plan:
        if self.revision.phase is Phase.TRUNK:
            return Plan(steps=(PlannedStep(sql=read.sql),))  # history of before: it runs as Alembic would run it
        request = Request(
            sql=read.sql,
            operations=read.operations,
            raw=read.raw,
            new_tables=frozenset(self._made.tables),
        )
        with self.journal.ours():
            if self._capabilities is None:
                self._capabilities = self._planner.capabilities(self.connection)
            plan = self._planner.plan(request, self._capabilities, self._facts)
        self._refuse_unless_harmless(plan)
        return plan

    def _refuse_unless_harmless(self, plan: Plan, **fields: Any) -> None:
        """Raise FindingsError for what would stop traffic, unless nobody waits for long or it is allowed by name."""
        blocking = plan.blocking
        if blocking is None:
            return
        with self.journal.ours():
            if all_empty(self.connection, plan.tables):
                return
        if self.allowances.holds(blocking.rule):
            return
        with self.journal.ours():
            if self._smallness.excuses(plan):
                self.allowances.note(blocking.rule, "small_tables")
                return
            outgrown = self._smallness.why_not(plan)
        raise FindingsError(
            f"revision {self.revision.id}: [{blocking.rule}] {blocking.message}{outgrown}",
            remedy=blocking.remedy,
            rule=blocking.rule,
            **{"revision": self.revision.id, **fields},
        )

    def _no_form(self, error: FormRefusedError) -> Blocking:
        rule = self._planner.last_form_rule
        return Blocking(
            rule=rule,
            message=error.message.removeprefix(f"revision {self.revision.id}: "),
            remedy=(
                "add a new column or table and move the rows with a data migration; or, where a blocked table is"
                f' acceptable, allow it in the revision:  allow = {{"{rule}": "why it is safe"}}'
            ),
        )

    def _facts(self, schema: str | None, table: str) -> TableFacts | None:
        return self._planner.facts(self.connection, schema, table)
