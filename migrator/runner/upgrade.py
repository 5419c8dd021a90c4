"""Everything, in dependency order: for a new, restored or offline database."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from migrator.data.kinds import DataMigration
from migrator.data.quarantine import any_but_waived
from migrator.data.run import run as run_data
from migrator.model.data import DataProgress, DataReport
from migrator.model.exit_code import ExitCode
from migrator.model.phase import Phase
from migrator.model.report import BlockedRevision, PhaseReport
from migrator.model.revision import Revision
from migrator.runner.contract import Contracting
from migrator.runner.data_scope import expands_by_change, load, never_asked, required_by
from migrator.runner.listening import Listener
from migrator.runner.position import Position, read_position
from migrator.runner.preflight import refuse_destructive
from migrator.runner.run_options import BY_THE_SETTINGS, RunOptions
from migrator.runner.schema_run import SchemaRun, schema_run
from migrator.runner.service_view import DataGates, ServiceView
from migrator.scripts.environment import Target
from migrator.state.data_progress import read_progress
from migrator.state.store import Store


@dataclass(frozen=True, kw_only=True)
class UpgradeResult:
    """The phases' report, and the last state of each data migration that ran."""

    phases: PhaseReport
    data: tuple[DataReport, ...] = ()


def upgrade(
    target: Target,
    store: Store,
    listener: Listener,
    *,
    stop: threading.Event,
    progress: Callable[[DataProgress], None],
    options: RunOptions = BY_THE_SETTINGS,
) -> UpgradeResult:
    """Trunk, expand, data and contract, interleaved in dependency order until nothing is pending.

    Every gate stays on.  Data migrations whose predicate finds nothing are recorded as not needed.

    Returns:
        The report; its exit code is 4 when a contract stayed closed, or that of the data run that got stuck.
    """
    migrations = load(target.project)
    with target.database.autocommit("position") as connection:
        position = read_position(target, store, connection)
        anything = not position.ahead and _anything(position, migrations, store, connection)
    if not anything:
        return UpgradeResult(phases=_report(target, position, (), (), ExitCode.DONE))
    _preflight(target, position)
    with schema_run(target, store, listener, options) as run:
        going = _Upgrading(run=run, migrations=migrations, stop=stop, progress=progress)
        blocked = going.run_all()
        code = ExitCode.CLOSED if blocked else ExitCode.DONE
        code = going.data_exit_code or code
        phases = _report(target, run.position(), blocked, going.notes, code, run)
        return UpgradeResult(phases=phases, data=tuple(going.reports))


def _anything(position: Position, migrations: Sequence[DataMigration], store: Store, connection: Connection) -> bool:
    """Whether a revision is pending, or a data migration was never settled or finds rows again."""
    if any(one not in position.applied for one in position.graph.order):
        return True
    gone, progress = never_asked(store, position, migrations), read_progress(store, connection)
    for one in migrations:
        if one.name in gone:
            continue
        stored = progress.get(one.name)
        if stored is None or not stored.state.settled or _is_left(store, connection, one):
            return True
    return False


def _is_left(store: Store, connection: Connection, migration: DataMigration) -> bool:
    return migration.has_predicate and any_but_waived(store, connection, migration)


def _preflight(target: Target, position: Position) -> None:
    pending = position.pending(Phase.EXPAND)
    if pending:
        refuse_destructive(target, pending)


@dataclass(kw_only=True)
class _Upgrading:
    run: SchemaRun
    migrations: Sequence[DataMigration]
    stop: threading.Event
    progress: Callable[[DataProgress], None]
    reports: list[DataReport] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    data_exit_code: ExitCode | None = None

    def run_all(self) -> tuple[BlockedRevision, ...]:
        """Go on until nothing is pending or nothing moves; return the contract that is closed, if one is."""
        while not self.stop.is_set():
            self._apply_additions()
            contract = self._next_contract()
            if contract is None:
                self._run_data(self.migrations)
                return ()
            contracting = Contracting(run=self.run, migrations=self.migrations, notes=self.notes)
            required = contracting.still_asked(contract, required_by(contract, self.migrations))
            if required and not self._run_data(required):
                return ()
            blocked = contracting.run_one(contract)
            if blocked is not None:
                self.run.listener.blocked(blocked)
                return (blocked,)
        return ()

    def _apply_additions(self) -> None:
        """Every pending trunk and expand revision whose parents are applied, until there is none."""
        while True:
            position = self.run.position()
            ready = [one for one in self._pending(position) if set(one.parents) <= position.applied]
            if not ready:
                return
            for revision in ready:
                self.run.apply(revision)

    def _pending(self, position: Position) -> tuple[Revision, ...]:
        wanted = (Phase.TRUNK, Phase.EXPAND)
        revisions = (position.graph.revisions[one] for one in position.graph.order)
        return tuple(one for one in revisions if one.phase in wanted and one.id not in position.applied)

    def _next_contract(self) -> Revision | None:
        position = self.run.position()
        ready = [one for one in position.pending(Phase.CONTRACT) if set(one.parents) <= position.applied]
        return ready[0] if ready else None

    def _run_data(self, migrations: Sequence[DataMigration]) -> bool:
        """Run these data migrations and what they require to their end; False when rows remain."""
        position = self.run.position()
        chosen = _with_required(migrations, self.migrations)
        changes = expands_by_change(position.graph)
        report = run_data(
            self.run.store,
            [one for one in self.migrations if one.name in chosen],
            applied=position.applied,
            retired=never_asked(self.run.store, position, self.migrations),
            changes=changes,
            gate=DataGates(view=ServiceView(target=self.run.target, store=self.run.store), expands=changes),
            stop=self.stop,
            progress=self.progress,
        )
        self.reports.append(report)
        if report.exit_code is not ExitCode.DONE:
            self.data_exit_code = report.exit_code
        return report.exit_code is ExitCode.DONE


def _with_required(chosen: Sequence[DataMigration], all_of_them: Sequence[DataMigration]) -> Collection[str]:
    by_name = {one.name: one for one in all_of_them}
    names: set[str] = set()
    todo = [one.name for one in chosen]
    while todo:
        name = todo.pop()
        if name not in names and name in by_name:
            names.add(name)
            todo.extend(by_name[name].requires)
    return names


def _report(
    target: Target,
    position: Position,
    blocked: tuple[BlockedRevision, ...],
    notes: Sequence[str],
    code: ExitCode,
    run: SchemaRun | None = None,
) -> PhaseReport:
    ahead = tuple(entry.revision for entry in position.ahead)
    if ahead:
        notes = [
            *notes,
            f"the database is ahead of this code by expands only ({', '.join(ahead)}): compatible",
        ]
    pending = tuple(one for one in position.graph.order if one not in position.applied)
    commands = tuple(dict.fromkeys(gate.remedy for one in blocked for gate in one.gates if gate.remedy))
    return PhaseReport(
        command="upgrade",
        database=target.database.identity,
        exit_code=code,
        applied=tuple(run.applied) if run else (),
        blocked=blocked,
        pending=() if ahead else pending,
        ahead=ahead,
        notes=tuple(notes),
        next=(*commands, "migrator upgrade") if code is not ExitCode.DONE else ("migrator status",),
    )
