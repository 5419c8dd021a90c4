"""Where each change is, what blocks it, and what to run next.  Read-only."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from migrator.data.kinds import DataMigration
from migrator.data.quarantine import any_but_waived
from migrator.data.scheduling import waiting_for
from migrator.model.data import DataProgress, DataState
from migrator.model.ledger import Event
from migrator.model.phase import Phase
from migrator.model.report import ChangeStatus, DataCell, Gate, RevisionCell, StatusReport
from migrator.model.revision import Revision
from migrator.model.service import Service
from migrator.runner import gates
from migrator.runner.data_scope import expands_by_change, load, never_asked, required_by
from migrator.runner.position import Position, read_position
from migrator.runner.service_gate import SeenServices
from migrator.runner.service_view import ServiceView, closed_by, contract_need, data_need
from migrator.scripts.environment import Target
from migrator.state.data_progress import read_progress
from migrator.state.journal import unfinished
from migrator.state.store import Store

_NEXT = {
    "expand": "migrator expand",
    "data": "migrator online-data-migrations",
    "contract": "migrator contract",
    "done": "",
}


def status(target: Target, store: Store) -> StatusReport:
    """Read everything once and lay it out, a line a change; predicates are asked whether they find any row.

    Raises:
        AheadError: the database is ahead of this code and incompatible.
    """
    migrations = load(target.project)
    with target.database.autocommit("status") as connection:
        position = read_position(target, store, connection)
        view = _View(
            position=position,
            migrations=migrations,
            progress=read_progress(store, connection),
            retired=never_asked(store, position, migrations),
            begun=frozenset(unfinished(store, connection)),
            expands=expands_by_change(position.graph),
            services=ServiceView(target=target, store=store),
            seen=ServiceView(target=target, store=store).seen(connection),
        )
        cells = {one.name: view.cell(connection, one) for one in migrations}
    changes = tuple(view.change(name, cells) for name in view.names())
    return _report(target, position, changes, view.seen.services)


@dataclass(frozen=True, kw_only=True)
class _View:
    position: Position
    migrations: Sequence[DataMigration]
    progress: Mapping[str, DataProgress]
    retired: Collection[str]
    begun: frozenset[str]
    expands: Mapping[str, tuple[str, ...]]
    services: ServiceView
    seen: SeenServices

    def names(self) -> tuple[str, ...]:
        """The changes of the revisions in order, then those that have a data migration only."""
        return tuple(dict.fromkeys((*self.position.graph.changes(), *(one.change for one in self.migrations))))

    def change(self, name: str, cells: Mapping[str, DataCell]) -> ChangeStatus:
        """One line; ``cells`` holds every data migration, since a contract may wait for one of another change."""
        revisions = self.position.graph.changes().get(name, ())
        expand = [one for one in revisions if one.phase is Phase.EXPAND]
        contract = [one for one in revisions if one.phase is Phase.CONTRACT]
        data = tuple(cells[one.name] for one in self.migrations if one.change == name)
        state = self._state(expand, data, contract)
        due = [one for one in contract if one.id not in self.position.applied]
        return ChangeStatus(
            change=name,
            state=state,
            expand=tuple(self._revision(one) for one in expand),
            data=data,
            contract=tuple(self._revision(one) for one in contract),
            blocks=tuple(self._blocks(contract, cells)),
            next=_next(state, data, self._blocks(due[:1], cells)),
        )

    def _revision(self, revision: Revision) -> RevisionCell:
        applied = revision.id in self.position.applied
        return RevisionCell(
            revision=revision.id,
            message=revision.message,
            applied=applied,
            unfinished=not applied and revision.id in self.begun,
        )

    def cell(self, connection: Connection, migration: DataMigration) -> DataCell:
        """Where one data migration stands; its predicate is asked unless it waits or is retired."""
        stored = self.progress.get(migration.name)
        state, remain = self._data_state(connection, migration, stored)
        return DataCell(
            name=migration.name,
            state=state.value,
            rows_remain=remain,
            waiting_for=tuple(self._waits(migration)) if state is DataState.WAITING else (),
            commits_itself=stored.commits_itself if stored else False,
            error_class=(stored.error_class or "") if stored else "",
            found=stored.found if stored else 0,
            done=stored.done if stored else 0,
            quarantined=stored.quarantined if stored else 0,
            waived=stored.waived if stored else 0,
        )

    def _waits(self, migration: DataMigration) -> Sequence[str]:
        done = {name for name, one in self.progress.items() if one.state.settled}
        missing = waiting_for(
            migration,
            applied=self.position.applied,
            done=done | set(self.retired),
            changes=self.expands,
            names=[one.name for one in self.migrations],
        )
        return missing or closed_by(self.services.gate_of(self.seen, data_need(migration, self.expands)))

    def _data_state(
        self, connection: Connection, migration: DataMigration, stored: DataProgress | None
    ) -> tuple[DataState, bool | None]:
        if migration.name in self.retired:
            return DataState.RETIRED, None
        if self._waits(migration):
            return DataState.WAITING, None
        kept = stored.state if stored else DataState.PENDING
        if not migration.has_predicate:
            return kept, None
        if any_but_waived(self.services.store, connection, migration):
            # Rows may have come after it was done.
            return (DataState.PENDING if kept.settled else kept), True
        if migration.breaking(connection):
            return DataState.BLOCKED, False
        return (DataState.NOT_NEEDED if kept is DataState.NOT_NEEDED else DataState.DONE), False

    def _state(self, expand: Sequence[Revision], data: Sequence[DataCell], contract: Sequence[Revision]) -> str:
        if any(one.id not in self.position.applied for one in expand):
            return "expand"
        if any(not DataState(cell.state).settled for cell in data):
            return "data"
        return "contract" if any(one.id not in self.position.applied for one in contract) else "done"

    def _blocks(self, contract: Sequence[Revision], cells: Mapping[str, DataCell]) -> Sequence[Gate]:
        found: list[Gate] = []
        for revision in contract:
            if revision.id in self.position.applied:
                continue
            gate = gates.expand_gate(self.position, revision)
            if not gate.open:
                found.append(gate)
            for migration in required_by(revision, self.migrations):
                state = DataState(cells[migration.name].state)
                if not state.settled:
                    found.append(gates.data_gate_from_state(migration.name, state.value))
            gate = self.services.gate_of(self.seen, contract_need(revision))
            if not gate.open:
                found.append(gate)
        return found


def _next(state: str, data: Sequence[DataCell], closed: Sequence[Gate]) -> str:
    """The command that gets a change on; ``closed`` are the gates of the contract that comes next."""
    if state == "contract" and closed:
        return closed[0].remedy
    if state != "data":
        return _NEXT[state]
    left = [one for one in data if not DataState(one.state).settled]
    held = {DataState.PAUSED: "resume", DataState.CANCELLED: "retry"}
    if left and all(one.state == DataState.BLOCKED and one.quarantined for one in left):
        return f"migrator data retry {left[0].name}"
    if left and all(one.state == DataState.BLOCKED and one.rows_remain is False for one in left):
        return f"migrator data verify {left[0].name}"  # its invariant
    if all(DataState(one.state) in held for one in left):
        return f"migrator data {held[DataState(left[0].state)]} {left[0].name}"
    return _NEXT[state]


def _report(
    target: Target, position: Position, changes: tuple[ChangeStatus, ...], services: tuple[Service, ...]
) -> StatusReport:
    trunk = tuple(one.id for one in position.pending(Phase.TRUNK))
    pending = {one.state for one in changes}
    if any(one.anchor for one in position.pending(Phase.EXPAND)):
        pending.add("expand")
    anchors = tuple(
        one.id for one in (*position.pending(Phase.EXPAND), *position.pending(Phase.CONTRACT)) if one.anchor
    )
    commands: list[str] = []
    if trunk:
        commands.append("migrator upgrade")
    else:
        for state in (state for state in ("expand", "data", "contract") if state in pending):
            # One that a person holds up is named only where nothing else goes on.
            said = [one.next for one in changes if one.state == state]
            commands.append(_NEXT[state] if _NEXT[state] in said else (said or [_NEXT[state]])[0])
    ahead = tuple(entry.revision for entry in position.ahead)
    notes = (f"the database is ahead of this code by expands only ({', '.join(ahead)}): compatible",) if ahead else ()
    forced = tuple(f"{entry.revision}: {entry.reason}" for entry in position.ledger if entry.event is Event.FORCED)
    return StatusReport(
        database=target.database.identity,
        heads=position.heads,
        trunk_pending=trunk,
        anchors_pending=anchors,
        changes=changes,
        ahead=ahead,
        forced=forced,
        services=services,
        notes=notes,
        next=tuple(commands[:1]),
    )
