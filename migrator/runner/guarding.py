"""What the guard does around plain Alembic's steps: the lock, the gates, and the ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from alembic.runtime.migration import MigrationContext, MigrationInfo, RevisionStep
from sqlalchemy import Connection

from migrator.data.kinds import DataMigration
from migrator.db.database import Database
from migrator.db.runner_lock import schema_runner
from migrator.dialects import pack_for
from migrator.model.ledger import Event, LedgerEntry
from migrator.model.phase import Phase
from migrator.model.report import Gate
from migrator.model.revision import Revision
from migrator.runner import gates
from migrator.runner.data_scope import asked_gate, load, required_by
from migrator.runner.guard_refusal import GuardRefusedError
from migrator.runner.position import Position, locate
from migrator.runner.service_view import ServiceView, closed_by, contract_need
from migrator.runner.waived_nulls import null_gates, waived
from migrator.scripts.environment import Environment, Target
from migrator.scripts.op_lock import op_kept
from migrator.scripts.project import project_of
from migrator.scripts.running_env import own_options
from migrator.scripts.settings import load_settings
from migrator.state.ledger import read_ledger, write_ledger
from migrator.state.store import Store


class Guarding:
    """One guarded run of plain Alembic.

    Raises:
        GuardRefusedError: a gate is closed, or env.py gave no connection; nothing was applied.
        MigratorError: another runner is at work, or the settings are wrong.
    """

    def __init__(self, config: Any, script: Any, context: MigrationContext, forced: Mapping[str, str]) -> None:
        path = Path(config.config_file_name or getattr(config, "toml_file_name", None) or "alembic.ini").absolute()
        settings = load_settings(path, overrides={})
        connection = _connected(context)
        pack = pack_for(connection.dialect)
        self.database = Database(
            engine=connection.engine,
            pack=pack,
            identity=pack.session.identity(connection),
            settings=pack.session.capture(connection),
            lock_timeout=settings.lock_timeout,
        )
        self.database.owner = f"alembic {self.database.owner}"
        self._target = Target(
            project=project_of(config, path, settings),
            environment=Environment(options=own_options(context)),
            database=self.database,
        )
        self._store = Store(database=self.database, schema=self._target.environment.version_table_schema)
        self._context = context
        self._forced = forced

    @contextmanager
    def locked(self, heads: Sequence[str], steps: Sequence[RevisionStep]) -> Iterator[None]:
        """Hold the runner lock and record, while Alembic takes its steps."""
        revisions = self._target.project.graph.revisions
        upgrades = [revisions[step.revision.revision] for step in steps if step.is_upgrade]
        wait = self._target.project.settings.wait
        with schema_runner(self.database, wait=wait, session=self._session("runner lock")):
            with self._session("position") as connection:
                position = locate(self._target.project.graph, heads, read_ledger(self._store, connection))
                self._refuse_closed(connection, position, upgrades)
            self._write_down(position, upgrades)
            self._record_steps()
            yield

    def _session(self, purpose: str) -> AbstractContextManager[Connection]:
        """A connection of ours; Alembic's own where a second one would wait for its transaction in vain."""
        if self.database.pack.session.one_writer:
            return nullcontext(_connected(self._context))
        return self.database.autocommit(purpose)

    def _refuse_closed(self, connection: Connection, position: Position, upgrades: Sequence[Revision]) -> None:
        closed: list[str] = []
        for revision in upgrades:
            if revision.phase is Phase.CONTRACT and not revision.anchor:
                closed.extend(f"{revision.id}: {_why(gate)}" for gate in self._gates(connection, position, revision))
        if closed:
            raise GuardRefusedError(
                f"contract is closed ({'; '.join(closed)}); nothing was applied."
                " Run `migrator expand`, `migrator online-data-migrations`, then `migrator contract`"
                " (a new or restored database: `migrator upgrade`)"
            )

    def _gates(self, connection: Connection, position: Position, revision: Revision) -> Iterable[Gate]:
        gate = gates.expand_gate(position, revision)
        if not gate.open:
            yield gate
            return
        if "data" not in self._forced:
            required = required_by(revision, load(self._target.project))
            for migration in required:
                gate = asked_gate(self._store, connection, migration)
                if not gate.open:
                    yield gate
            yield from self._null_gates(connection, revision, required)
        if "services" not in self._forced:
            view = ServiceView(target=self._target, store=self._store)
            need = contract_need(revision)
            gate = view.gate(connection, need)
            if not gate.open:
                view.ask(connection, need)
                yield gate

    def _null_gates(
        self, connection: Connection, revision: Revision, required: Sequence[DataMigration]
    ) -> Iterable[Gate]:
        with_waived = waived(self._store, connection, required)
        if not with_waived:
            return ()
        # Mostly there are none, and env.py need not wait for what reads revisions.
        from migrator.runner.preflight import recorded

        with op_kept():  # Alembic is inside its own context by now
            recording = recorded(self._target, [revision])[revision.id]
        return list(null_gates(self._store, connection, recording, with_waived))

    def _write_down(self, position: Position, upgrades: Sequence[Revision]) -> None:
        entries = self._found_and_forced(position, upgrades)
        if self.database.pack.session.one_writer:
            connection = _connected(self._context)
            self._store.ensure_in(connection)
            write_ledger(self._store, connection, entries)
            return
        self._store.ensure()
        if entries:
            with self.database.transaction("ledger") as connection:
                write_ledger(self._store, connection, entries)

    def _found_and_forced(self, position: Position, upgrades: Sequence[Revision]) -> list[LedgerEntry]:
        entries = [self._entry(one, Event.STAMPED if position.ledger else Event.ADOPTED) for one in position.unrecorded]
        for gate, reason in self._forced.items():
            contracts = [one for one in upgrades if one.phase is Phase.CONTRACT and not one.anchor]
            entries.extend(self._entry(one, Event.FORCED, reason=f"{gate}: {reason}") for one in contracts)
        return entries

    def _record_steps(self) -> None:
        def applied(*, ctx: MigrationContext, step: MigrationInfo, heads: Any, run_args: Any) -> None:
            write_ledger(self._store, _connected(ctx), self._entries(step))

        callbacks: tuple[Callable[..., None], ...] = self._context.on_version_apply_callbacks
        self._context.on_version_apply_callbacks = (*callbacks, applied)

    def _entries(self, step: MigrationInfo) -> list[LedgerEntry]:
        revisions = self._target.project.graph.revisions
        if step.is_upgrade:
            event = Event.STAMPED if step.is_stamp else Event.APPLIED
            ids = step.up_revision_ids
        else:
            event, ids = Event.ABORTED, step.down_revision_ids if step.is_stamp else step.up_revision_ids
        return [self._entry(revisions[one], event) for one in ids if one in revisions]

    def _entry(self, revision: Revision, event: Event, reason: str = "") -> LedgerEntry:
        release = self._target.project.settings.release
        return LedgerEntry.of(revision, event, by=self.database.owner, release=release, reason=reason)


def _why(gate: Gate) -> str:
    named = "; ".join(closed_by(gate))
    return f"{gate.why} ({named})" if named else gate.why


def _connected(context: MigrationContext) -> Connection:
    connection = context.connection
    if connection is None:
        raise GuardRefusedError("env.py gave Alembic no connection")
    return connection
