"""Every statement of a revision passes here on its way to the driver: read, planned, and sent as steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, event

from migrator.check.situation import Made
from migrator.db.database import Database
from migrator.dialects.checking import CheckRules, check_rules
from migrator.dialects.planning import PlanRules, Request, planner
from migrator.errors import FindingsError, FormRefusedError
from migrator.executor.allowances import Allowances
from migrator.executor.emptiness import all_empty
from migrator.executor.journaling import READS, ROWS, Journal, head_of
from migrator.executor.stepping import Stepper
from migrator.model.phase import Phase
from migrator.model.plan import Capabilities, Plan, PlannedStep, TableFacts
from migrator.model.revision import Revision
from migrator.scripts.reading import ReadStatement, read_statement


@dataclass(kw_only=True)
class StatementGate:
    """Watches one connection while a revision runs on it."""

    database: Database
    revision: Revision
    connection: Connection
    journal: Journal
    stepper: Stepper
    allowances: Allowances
    last: tuple[ReadStatement, PlannedStep] | None = None
    """What is under way, or was when something failed."""
    _made: Made = field(default_factory=Made)
    _capabilities: Capabilities | None = None
    _rules: CheckRules = field(init=False)
    _planner: PlanRules = field(init=False)

    def __post_init__(self) -> None:
        self._rules = check_rules(self.database.pack.name)
        self._planner = planner(self.database.pack.name)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Listen on the engine; only statements of our connection are touched."""
        engine = self.connection.engine
        hooks = {
            "do_execute": self._hook(lambda d, c, s, p, x: d.do_execute(c, s, p, x)),
            "do_executemany": self._hook(lambda d, c, s, p, x: d.do_executemany(c, s, p, x)),
        }

        def no_params(cursor: Any, statement: str, context: Any) -> bool:
            return self._pass(
                statement, context, lambda text: context.dialect.do_execute_no_params(cursor, text, context)
            )

        event.listen(engine, "do_execute_no_params", no_params)
        for name, hook in hooks.items():
            event.listen(engine, name, hook)
        try:
            yield
        finally:
            event.remove(engine, "do_execute_no_params", no_params)
            for name, hook in hooks.items():
                event.remove(engine, name, hook)

    def _hook(self, call: Callable[[Any, Any, str, Any, Any], None]) -> Callable[..., bool]:
        def hook(cursor: Any, statement: str, parameters: Any, context: Any) -> bool:
            return self._pass(statement, context, lambda text: call(context.dialect, cursor, text, parameters, context))

        return hook

    def _pass(self, statement: str, context: Any, send: Callable[[str], None]) -> bool:
        """Send the statement's steps; True tells SQLAlchemy that nothing is left to do."""
        if self.journal.ours_now or context.root_connection.connection is not self.connection.connection:
            return False
        if head_of(statement) in READS:
            return False
        if _doubles_percents(context):
            # The driver halves them again; plan, journal and catalogue know the text as the server reads it.
            return self._steps(statement.replace("%%", "%"), context, lambda text: send(text.replace("%", "%%")))
        return self._steps(statement, context, send)

    def _steps(self, statement: str, context: Any, send: Callable[[str], None]) -> bool:
        read = self._read(statement, context)
        plan = self._plan(read)
        try:
            for step in plan.steps:
                self.last = (read, step)
                self.stepper.run(step, send)
        except FormRefusedError as error:
            rule = self._planner.last_form_rule
            if not self._all_empty(plan) and not self.allowances.holds(rule):
                raise _no_form(error, rule) from None
            self.stepper.run(PlannedStep(sql=statement), send)
        for operation in read.operations:
            self._made.learn(operation)
        return True

    def _read(self, statement: str, context: Any) -> ReadStatement:
        compiled = getattr(context, "compiled", None)
        element = compiled.statement if compiled is not None else None
        if element is None and head_of(statement) in ROWS:
            return ReadStatement(sql=statement, raw=True)  # it changes rows, whichever, and needs no plan
        return read_statement(element, statement, self.connection.dialect, self._rules)

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
            harmless = plan.blocking is None or self._all_empty(plan)
        if plan.blocking is not None and not harmless and not self.allowances.holds(plan.blocking.rule):
            raise FindingsError(
                f"revision {self.revision.id}: [{plan.blocking.rule}] {plan.blocking.message}",
                remedy=plan.blocking.remedy,
                revision=self.revision.id,
                rule=plan.blocking.rule,
            )
        return plan

    def _all_empty(self, plan: Plan) -> bool:
        with self.journal.ours():
            return all_empty(self.connection, (table for step in plan.steps for table in step.tables))

    def _facts(self, schema: str | None, table: str) -> TableFacts | None:
        return self._planner.facts(self.connection, schema, table)


def _doubles_percents(context: Any) -> bool:
    """Whether SQLAlchemy wrote each ``%`` of this text twice, for a driver that reads them as places of parameters; a
    text with parameters keeps its places, and is left alone."""
    compiled = getattr(context, "compiled", None)
    return compiled is not None and not compiled.params and context.dialect.paramstyle in ("format", "pyformat")


def _no_form(error: FormRefusedError, rule: str) -> FindingsError:
    return FindingsError(
        f"{error.message} [{rule}]",
        remedy=(
            "add a new column or table and move the rows with a data migration; or, where a blocked table is"
            f' acceptable, allow it in the revision:  allow = {{"{rule}": "why it is safe"}}'
        ),
        rule=rule,
        **error.fields,
    )
