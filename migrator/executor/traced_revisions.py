"""Revisions, run on a scratch database as their phases would run them, each statement measured.

The planner gives the same steps as for ``expand``; what it would refuse runs all the same, since that is what is to be
measured.  No version table, no journal, no ledger: the database is dropped afterwards.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

from alembic.operations import BatchOperations, Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from migrator.check.judge import shown_statement
from migrator.check.places import shown_path
from migrator.check.situation import Made
from migrator.db.database import Database
from migrator.db.translate import wrapped
from migrator.dialects.checking import CheckRules, check_rules
from migrator.dialects.planning import PlanRules, Request, begins_anew, planner
from migrator.dialects.tracing import Asked, Existing
from migrator.errors import CancelledError, ConnectionLostError, MigratorError, UnreachableError
from migrator.executor.journaling import READS, head_of
from migrator.executor.scratch import Scratch
from migrator.executor.sending import Send, each_statement, read_sent
from migrator.executor.trace_limit import OutOfTimeError, time_limit
from migrator.executor.trace_rows import Rows
from migrator.executor.traced_files import Traced, TraceOptions, refusal
from migrator.model.phase import Phase
from migrator.model.plan import Capabilities, Plan, PlannedStep, TableFacts, TableName
from migrator.model.revision import Revision
from migrator.model.trace import Measure, TracedStatement
from migrator.scripts.batch_calls import BatchCalls
from migrator.scripts.environment import Target
from migrator.scripts.op_lock import OP_LOCK
from migrator.scripts.reading import ReadStatement
from migrator.scripts.running_env import environment_of
from migrator.scripts.tolerant import not_imported
from migrator.scripts.usercode import user_code

LOST = "the session ended before it was done"


def trace_revisions(
    scratch: Scratch,
    target: Target,
    options: TraceOptions,
) -> Traced:
    """Run every ``upgrade()`` in the order of the graph; ends at the first that fails or takes too long.

    Args:
        target: the project on the scratch database.

    Raises:
        DatabaseError: the server went away.
    """
    graph = target.project.graph
    traced: list[TracedStatement] = []
    notes: list[str] = []
    rows = Rows(count=options.rows)
    for number, id in enumerate(graph.order, 1):
        options.say(f"tracing revision {number} of {len(graph.order)}: {id}")
        failure = not_imported(graph.module(id))
        if failure is not None:
            note = f"nothing was traced from revision {id} on, which {failure.happened}"
            return Traced(statements=tuple(traced), notes=(*notes, note), stopped=True)
        gate = _Gate(scratch=scratch, target=target, revision=graph.revisions[id], rows=rows)
        try:
            with time_limit(scratch.url, scratch.rules, options.limit):
                gate.run()
        except OutOfTimeError as error:
            note = f"nothing was traced behind revision {id}, which {error} on the scratch database"
            return Traced(statements=(*traced, *gate.traced), notes=(*notes, note), stopped=True)
        except (UnreachableError, ConnectionLostError, CancelledError):
            raise
        except (MigratorError, DBAPIError) as error:
            why = error.message if isinstance(error, MigratorError) else f"the server: {refusal(scratch, error)}"
            note = f"nothing was traced behind revision {id}, which failed on the scratch database ({why})"
            return Traced(statements=(*traced, *gate.traced), notes=(*notes, note), stopped=True)
        traced += gate.traced
        notes += gate.unread
    return Traced(statements=tuple(traced), notes=tuple(notes))


@dataclass(kw_only=True)
class _Gate:
    """One revision's run, and what its statements did."""

    scratch: Scratch
    target: Target
    revision: Revision
    rows: Rows
    traced: list[TracedStatement] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    """Notes on queries that found no row, in whose stead Python may have done nothing."""
    _connection: Connection = field(init=False)
    _existing: Existing = field(default_factory=Existing)
    _made: Made = field(default_factory=Made)
    _held: set[TableName] = field(default_factory=set)
    _batch_line: int | None = None
    """The line that asked for what a batch is carrying out."""
    _ours: bool = False
    _autocommit: bool = False
    _capabilities: Capabilities | None = None
    _rules: CheckRules = field(init=False)
    _planner: PlanRules = field(init=False)
    _file: str = field(init=False)

    def __post_init__(self) -> None:
        self._rules = check_rules(self.scratch.pack.name)
        self._planner = planner(self.scratch.pack.name)
        module = self.target.project.graph.module(self.revision.id)
        self._file = str(getattr(module, "__file__", None) or self.revision.path)

    @property
    def _database(self) -> Database:
        return self.target.database

    def run(self) -> None:
        """Run ``upgrade()`` in transactions as the executor begins them."""
        module = self.target.project.graph.module(self.revision.id)
        with self._database.session("trace") as self._connection:
            with self._mine():
                self.rows.fill(self._connection)
                self._existing = self.scratch.rules.existing(self._connection)
                self._connection.commit()
            project, stack = self.target.project, ExitStack()
            context = self._context(stack)
            with (
                each_statement(self._connection.engine, self._pass),
                stack,
                OP_LOCK,
                environment_of(context, project.config, project.script),
                Operations.context(context) as operations,
                user_code(f"revision {self.revision.id}", self.revision.path),
            ):
                self._follow_batches(operations)
                stack.enter_context(self._database.begin(self._connection))
                module.upgrade(**self.target.environment.arguments)

    def _follow_batches(self, operations: Operations) -> None:
        """A batch sends its statements at its end; each belongs to the line that asked for it."""
        plain = operations.batch_alter_table

        @contextmanager
        def batch_alter_table(*arguments: Any, **options: Any) -> Iterator[BatchOperations]:
            with plain(*arguments, **options) as batch:
                BatchCalls(self._line, self._carry_out).stand_in(batch)
                yield batch

        operations.batch_alter_table = batch_alter_table  # type: ignore[method-assign]  # of this one object

    def _carry_out(self, line: int | None) -> None:
        self._batch_line = line

    def _context(self, stack: ExitStack) -> MigrationContext:
        context = self.target.environment.migration_context(self._connection, self.target.project.script)
        context.autocommit_block = lambda: self._block(stack)  # type: ignore[method-assign]  # our own
        return context

    @contextmanager
    def _block(self, stack: ExitStack) -> Iterator[None]:
        with self._mine():
            level = self._database.pack.session.isolation_level(self._connection)
        stack.close()
        self._held.clear()
        self._connection.execution_options(isolation_level="AUTOCOMMIT")
        self._autocommit = True
        try:
            yield
        finally:
            self._autocommit = False
            self._connection.commit()
            self._connection.execution_options(isolation_level=level)
        stack.enter_context(self._database.begin(self._connection))

    def _pass(self, statement: str, context: Any, send: Send) -> bool:
        if self._ours or context.root_connection.connection is not self._connection.connection:
            return False
        if head_of(statement) in READS:
            send(statement)
            self._note_emptiness(statement, context)
            return True
        read = read_sent(statement, context, self._connection.dialect, self._rules)
        plan = self._plan(read)
        for step in plan.steps:
            self._step(step, (*step.choices, read.sql) if len(plan.steps) == 1 else step.choices, send)
        for operation in read.operations:
            self._made.learn(operation)
        return True

    def _note_emptiness(self, statement: str, context: Any) -> None:
        """Say that a query of the user's tables found nothing: what Python does for each row wasn't run."""
        if self.revision.phase is Phase.TRUNK or context.cursor.rowcount != 0:
            return
        asked = [name for name in self._existing.names.values() if re.search(rf"\b{re.escape(name)}\b", statement)]
        if asked:
            place = f"{shown_path(self._file)}:{self._line()}"
            note = (
                f"revision {self.revision.id} found no row of {asked[0]} at {place}: what it does for each row was not"
                " run; the static check follows it both ways"
            )
            self.unread += [] if note in self.unread else [note]

    def _plan(self, read: ReadStatement) -> Plan:
        if self.revision.phase is Phase.TRUNK:
            return Plan(steps=(PlannedStep(sql=read.sql),))
        request = Request(
            sql=read.sql, operations=read.operations, raw=read.raw, new_tables=frozenset(self._made.tables)
        )
        with self._mine():
            if self._capabilities is None:
                self._capabilities = self._planner.capabilities(self._connection)
            return self._planner.plan(request, self._capabilities, self._facts)

    def _facts(self, schema: str | None, table: str) -> TableFacts | None:
        return self._planner.facts(self._connection, schema, table)

    def _step(self, step: PlannedStep, forms: tuple[str, ...], send: Send) -> None:
        session = self._database.pack.session
        outside = step.outside and not self._autocommit
        if outside or begins_anew(step, self._held):
            self._commit()
        with session.outside_transaction(self._connection) if outside else nullcontext():
            self._measure(step, Asked(sql=step.sql, forms=forms, outside=outside or self._autocommit), send)
        self._held.update(step.tables)
        if step.alone:
            self._commit()

    def _measure(self, step: PlannedStep, asked: Asked, send: Send) -> None:
        def wrapping(text: str) -> None:
            with wrapped(self._connection.dialect):
                send(text)

        engine = self._connection.engine
        measure = Measure()
        try:
            with self._mine():
                measure = self.scratch.rules.measure(self._connection, engine, asked, self._existing, wrapping)
        except DBAPIError as error:
            measure = Measure(refused=LOST if error.connection_invalidated else refusal(self.scratch, error))
            raise
        except BaseException:
            measure = Measure(refused=LOST)
            raise
        finally:
            self.traced.append(
                TracedStatement(
                    statement=shown_statement(step.sql),
                    measure=measure,
                    file=shown_path(self._file),
                    line=self._line(),
                    revision=self.revision.id,
                    foreseen=step.rewrites or step.may_rewrite,
                )
            )

    def _commit(self) -> None:
        """Below SQLAlchemy's own transaction, which stays open as it is."""
        self._held.clear()
        self._connection.connection.dbapi_connection.commit()  # type: ignore[union-attr]  # we are connected

    @contextmanager
    def _mine(self) -> Iterator[None]:
        """What is sent inside is our own question, not the revision's statement."""
        before, self._ours = self._ours, True
        try:
            yield
        finally:
            self._ours = before

    def _line(self) -> int:
        if self._batch_line is not None:
            return self._batch_line
        frame: FrameType | None = sys._getframe(1)
        while frame is not None:
            if frame.f_code.co_filename == self._file:
                return frame.f_lineno
            frame = frame.f_back
        return 0
