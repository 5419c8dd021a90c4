"""Apply one revision: its steps, then its version row and its ledger entry, in the transaction of the last ones."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.util.exc import CommandError
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from migrator.check.small_tables import SmallTables
from migrator.db.translate import wrapped
from migrator.errors import ConnectionLostError, RevisionFailedError, RunnerBusyError, UnknownOutcomeError
from migrator.executor.allowances import Allowances
from migrator.executor.failures import failed
from migrator.executor.journaling import Journal
from migrator.executor.statements import StatementGate
from migrator.executor.stepping import Assume, Stepper
from migrator.executor.watching import Say
from migrator.model.ledger import Event, LedgerEntry
from migrator.model.revision import Revision
from migrator.scripts.environment import Target
from migrator.scripts.op_lock import OP_LOCK
from migrator.scripts.running_env import environment_of
from migrator.scripts.usercode import user_code
from migrator.state.journal import STARTED, clear_journal, read_journal
from migrator.state.ledger import write_ledger
from migrator.state.store import Store

Tables = tuple[tuple[str | None, str], ...]


def _nothing(connection: Connection) -> None:
    """Default hook."""


def _unheard(text: str) -> None:
    """Default listener."""


@dataclass(frozen=True, kw_only=True)
class Around:
    """What a phase wants done inside a revision's transaction.

    ``exclusive``: (schema, table)s that nobody else may write between ``before`` and the end, on servers whose DDL
    commits at once; empty for none.
    """

    before: Callable[[Connection], None] = _nothing
    after: Callable[[Connection], None] = _nothing
    exclusive: Tables = ()


@dataclass(frozen=True, kw_only=True)
class Executor:
    """Applies revisions of one target; ``run_id`` marks this run's journal rows and sessions.

    ``say`` is told of progress, whom a statement waits for, and what a person should know; from any thread.
    """

    target: Target
    store: Store
    assume: Assume | None = None
    say: Say = _unheard
    run_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    builds: Counter[str] = field(default_factory=Counter)

    def apply(self, revision: Revision, around: Around | None = None) -> timedelta:
        """Run ``upgrade()`` of a revision whose parents are applied, and record it.

        Locks: those of the revision's statements, each waited for up to the database's lock timeout.

        Returns:
            How long it took.

        Raises:
            LockTimeoutError, DeadlockError: nothing of the last statement happened; apply again to go on.
            RevisionFailedError: a statement failed; says what is recorded.
            FindingsError: the server can do a statement only in a way that stops traffic.
            BuildsThrownAwayError: an index was built and thrown away too often.
            UnknownOutcomeError: an earlier run was stopped inside a statement that can't be recognised.
            UserCodeError: the revision's own code raised.
        """
        clock = self.target.database.clock
        start = clock.monotonic()
        try:
            with self.target.database.session(self._purpose(revision)) as connection:
                _Application(executor=self, revision=revision, connection=connection, around=around or Around()).run(
                    lambda: clock.monotonic() - start
                )
        except ConnectionLostError as error:
            # Not in a statement of its own, but while its version row was written or committed.
            raise RevisionFailedError(
                f"revision {revision.id}: {error.message}", remedy=error.remedy, revision=revision.id, **error.fields
            ) from None
        return clock.monotonic() - start

    def _purpose(self, revision: Revision) -> str:
        """The session's name: a later run knows by it what an earlier one left running."""
        return f"revision {self.run_id[:8]} {self.target.database.identity.schema or ''}.{revision.id}"

    def entry(
        self, revision: Revision, event: Event, duration: timedelta | None = None, reason: str = ""
    ) -> LedgerEntry:
        """A ledger entry by this runner, for this release."""
        return LedgerEntry.of(
            revision,
            event,
            by=self.target.database.owner,
            release=self.target.project.settings.release,
            duration=duration,
            reason=reason,
        )


@dataclass(kw_only=True)
class _Application:
    executor: Executor
    revision: Revision
    connection: Connection
    around: Around

    def run(self, elapsed: Callable[[], timedelta]) -> None:
        database = self.executor.target.database
        rules = database.pack
        gate = self._gate()
        with (
            rules.session.rebuild_guard(self.connection) as prove,
            rules.locks.exclusive(self.connection, self._exclusive()),
            gate.watching(),
            self._transaction(gate) as context,
        ):
            with gate.journal.ours():
                self._refuse_moved(context)
                self.around.before(self.connection)
            self._upgrade(context, gate)
            with gate.journal.ours():
                self.around.after(self.connection)
                prove()
                self._account_for_unasked(gate)
                self._record(context, elapsed(), gate.allowances.text)
                with database.step("commit", self.revision.id):
                    pass

    def _gate(self) -> StatementGate:
        executor, database = self.executor, self.executor.target.database
        with database.begin(self.connection):
            journal = Journal(
                store=executor.store,
                revision=self.revision,
                connection=self.connection,
                run_id=executor.run_id,
                session=database.pack.session.session_id(self.connection),
                known=read_journal(executor.store, self.connection, self.revision.id),
            )
        stepper = Stepper(
            database=database,
            revision=self.revision,
            connection=self.connection,
            journal=journal,
            durable=not database.pack.session.transactional_ddl,
            say=executor.say,
            patience=executor.target.project.settings.lock_budget,
            assume=executor.assume,
            exclusive=bool(self.around.exclusive),
            builds=executor.builds,
        )
        return StatementGate(
            database=database,
            revision=self.revision,
            connection=self.connection,
            journal=journal,
            stepper=stepper,
            allowances=Allowances(revision=self.revision),
            small=SmallTables.of(executor.target.project.settings.small_tables),
        )

    def _exclusive(self) -> Tables:
        """With tables of the user's come the ones that are written in the same breath: LOCK TABLES bars all others."""
        if not self.around.exclusive:
            return ()
        environment, tables = self.executor.target.environment, self.executor.store.tables
        schema = self.executor.store.schema
        ours = (tables.ledger.name, tables.journal.name, environment.version_table)
        return (*self.around.exclusive, *((schema, name) for name in ours))

    @contextmanager
    def _transaction(self, gate: StatementGate) -> Iterator[MigrationContext]:
        target = self.executor.target
        with ExitStack() as stack:
            stack.enter_context(target.database.begin(self.connection))
            context = target.environment.migration_context(self.connection, target.project.script)
            context.autocommit_block = lambda: self._autocommit(stack, gate)  # type: ignore[method-assign]  # our own
            yield context

    @contextmanager
    def _autocommit(self, stack: ExitStack, gate: StatementGate) -> Iterator[None]:
        """Alembic's ``autocommit_block``: what came before is committed with its journal rows, what stands inside is
        journaled one by one, what follows gets a new transaction."""
        database = self.executor.target.database
        with gate.journal.ours():
            gate.stepper.flush()
            level = database.pack.session.isolation_level(self.connection)
        stack.close()
        durable, gate.stepper.durable = gate.stepper.durable, True
        with wrapped(database.engine.dialect):
            self.connection.execution_options(isolation_level="AUTOCOMMIT")
        try:
            yield
        finally:
            gate.stepper.durable = durable
            if not self.connection.invalidated:
                self.connection.commit()
                with wrapped(database.engine.dialect):
                    self.connection.execution_options(isolation_level=level)
        stack.enter_context(database.begin(self.connection))

    def _refuse_moved(self, context: MigrationContext) -> None:
        graph = self.executor.target.project.graph
        heads = context.get_current_heads()
        applied = graph.closure(heads)
        if self.revision.id in applied or not set(self.revision.parents) <= applied | set(heads):
            raise _moved(self.revision)

    def _upgrade(self, context: MigrationContext, gate: StatementGate) -> None:
        target, revision = self.executor.target, self.revision
        upgrade = target.project.graph.module(revision.id).upgrade
        try:
            with (
                OP_LOCK,
                environment_of(context, target.project.config, target.project.script),
                Operations.context(context),
                user_code(f"revision {revision.id}", revision.path),
            ):
                upgrade(**target.environment.arguments)
        except DBAPIError as error:
            raise failed(error, target.database, self.connection, revision, gate) from None

    def _account_for_unasked(self, gate: StatementGate) -> None:
        """The revision was changed between a failed run and this one: say so; what nobody knows the end of stops."""
        for entry in gate.journal.unasked():
            what = f"revision {self.revision.id} was changed after a run of it was stopped: it no longer asks for"
            visible = self._visible(entry.statement) if entry.state == STARTED else True
            if visible is None and gate.stepper.assume is None:
                raise UnknownOutcomeError(
                    f"{what} this statement, and the catalogue doesn't show whether it took effect:"
                    f" {entry.statement or 'a change of rows'}",
                    remedy="look at the database, then run again with --assume done or --assume not-done",
                    revision=self.revision.id,
                )
            if visible:
                self.executor.say(f"{what} {entry.statement or 'a change of rows'}, which that run did; it stays done")

    def _visible(self, statement: str) -> bool | None:
        return self.executor.target.database.pack.catalogue.effect_visible(self.connection, statement)

    def _record(self, context: MigrationContext, duration: timedelta, reason: str) -> None:
        executor, database = self.executor, self.executor.target.database
        with database.step("version", self.revision.id):
            try:
                context.stamp(executor.target.project.script, self.revision.id)
            except CommandError:
                raise _moved(self.revision) from None
        with database.step("ledger", self.revision.id):
            entry = executor.entry(self.revision, Event.APPLIED, duration, reason)
            write_ledger(executor.store, self.connection, [entry])
            clear_journal(executor.store, self.connection, self.revision.id)


def _moved(revision: Revision) -> RunnerBusyError:
    return RunnerBusyError(
        f"the version table moved while revision {revision.id} was about to be applied: somebody else migrates too",
        remedy="run again; let only migrator and guarded env.py files migrate this database",
    )
