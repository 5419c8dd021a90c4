"""A run that changes the schema: the runner lock, our tables, the ledger's adoption, revisions with retries."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar

from migrator.db.retry import retrying
from migrator.db.runner_lock import schema_runner
from migrator.dialects.base import RunnerLock
from migrator.dialects.heads import table_of
from migrator.errors import DeadlockError, LockTimeoutError, RunnerBusyError
from migrator.executor.apply import Executor
from migrator.model.ledger import Event
from migrator.model.report import AppliedRevision
from migrator.model.revision import Revision
from migrator.runner.listening import Listener
from migrator.runner.orphans import settle_orphans
from migrator.runner.position import Position, read_position
from migrator.runner.run_options import RunOptions
from migrator.scripts.environment import Target
from migrator.state.ledger import write_ledger
from migrator.state.store import Store

Result = TypeVar("Result")


@dataclass(frozen=True, kw_only=True)
class SchemaRun:
    """Everything that one locked run needs."""

    target: Target
    store: Store
    executor: Executor
    listener: Listener
    lock: RunnerLock
    applied: list[AppliedRevision] = field(default_factory=list)

    def position(self) -> Position:
        """Where the database stands now."""
        with self.target.database.autocommit("position") as connection:
            return read_position(self.target, self.store, connection)

    def adopt(self, position: Position) -> None:
        """Record as adopted what is applied and not in the ledger: at first use, all of it; later, what plain Alembic
        applied past the guard."""
        missing = position.unrecorded
        if not missing:
            return
        event = Event.STAMPED if position.ledger else Event.ADOPTED
        with self.target.database.transaction("ledger") as connection:
            write_ledger(self.store, connection, [self.executor.entry(one, event) for one in missing])

    def apply(self, revision: Revision, attempt: Callable[[], timedelta] | None = None) -> AppliedRevision:
        """Apply one revision; a lock that is not obtained is waited for with pauses, up to the lock budget.

        Args:
            attempt: applies it once and says how long that took; default: the executor, with nothing around it.

        Raises: as :meth:`Executor.apply`; RunnerBusyError when the runner lock was lost.
        """
        if not self.lock.still_held():
            raise RunnerBusyError("the runner lock was lost (its session ended on the server)", remedy="run again")
        self.listener.starting(revision)
        duration = self.retry(attempt or (lambda: self.executor.apply(revision)), f"revision {revision.id}")
        result = AppliedRevision(
            revision=revision.id,
            phase=revision.phase,
            change=revision.change,
            message=revision.message,
            duration=duration,
        )
        self.applied.append(result)
        self.listener.applied(result)
        return result

    def retry(self, action: Callable[[], Result], what: str) -> Result:
        """Do it again while it meets lock timeouts or deadlocks, with pauses, up to the lock budget."""
        settings = self.target.project.settings

        def say(error: LockTimeoutError | DeadlockError, pause: timedelta) -> None:
            seconds = pause.total_seconds()
            self.listener.note(f"{what}: {error.message}{self._blockers(error)}; trying again in {seconds:.1f} s")

        return retrying(
            self.target.database.clock,
            action,
            budget=settings.lock_budget,
            pause=settings.lock_timeout,
            say=say,
        )

    def _blockers(self, error: LockTimeoutError | DeadlockError) -> str:
        """Who has the table now, where the error doesn't say whom it waited for."""
        table = table_of(str(error.fields.get("statement", "")))
        if table is None or error.fields.get("blockers"):
            return ""
        database = self.target.database
        with database.autocommit("blockers") as connection:
            holders = database.pack.locks.table_holders(connection, table[1], table[0])
        return f"; held by {'; '.join(holder.label for holder in holders)}" if holders else ""


@contextmanager
def schema_run(
    target: Target,
    store: Store,
    listener: Listener,
    options: RunOptions,
) -> Iterator[SchemaRun]:
    """Take the runner lock, settle what an earlier run left running, make our tables, adopt what is applied; release
    at the end.

    Raises: as :func:`schema_runner`, :func:`settle_orphans` and :meth:`Store.ensure`.
    """
    patience = target.project.settings.wait if options.wait is None else options.wait
    with schema_runner(target.database, wait=patience, say=listener.note) as lock:
        settle_orphans(target.database, options.orphans, listener.note)
        store.ensure()
        run = SchemaRun(
            target=target,
            store=store,
            executor=Executor(target=target, store=store, assume=options.assume, say=listener.note),
            listener=listener,
            lock=lock,
        )
        run.adopt(run.position())
        yield run


def names(revisions: Sequence[Revision]) -> str:
    """``b71e (user full name), c20d`` for messages."""
    return ", ".join(f"{one.id} ({one.message})" if one.message else one.id for one in revisions)
