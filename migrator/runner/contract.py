"""The contract phase: removals, only on proof."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import Connection

from migrator.data.kinds import DataMigration
from migrator.errors import ClosedError
from migrator.executor.apply import Around, Tables
from migrator.model.exit_code import ExitCode
from migrator.model.ledger import Event
from migrator.model.phase import Phase
from migrator.model.report import BlockedRevision, Gate, PhaseReport
from migrator.model.revision import Revision
from migrator.runner import gates
from migrator.runner.data_scope import asked_gate, has_lost_its_question, load, required_by
from migrator.runner.exclusive import tables_to_hold
from migrator.runner.fences import Fences, fenced, lower
from migrator.runner.listening import Listener
from migrator.runner.position import Position, read_position
from migrator.runner.preflight import recorded, refuse_blocking
from migrator.runner.run_options import BY_THE_SETTINGS, RunOptions
from migrator.runner.schema_run import SchemaRun, schema_run
from migrator.runner.service_gate import Need
from migrator.runner.service_view import ServiceView, contract_need
from migrator.runner.waived_nulls import null_gates, waived
from migrator.scripts.environment import Target
from migrator.state.journal import unfinished
from migrator.state.ledger import write_ledger
from migrator.state.store import Store


def contract(
    target: Target,
    store: Store,
    listener: Listener,
    *,
    to: Revision | None = None,
    options: RunOptions = BY_THE_SETTINGS,
    force: Mapping[str, str] | None = None,
) -> PhaseReport:
    """Apply the open contract revisions in order and stop at the first closed one.

    Args:
        force: gate name → reason, for gates that are to be passed although closed; written to the ledger.

    Returns:
        The report; its exit code is 4 when a revision stayed closed.

    Raises:
        ConfigurationError: a ``requires_data`` that can't be used.
        AheadError: the database is ahead of this code and incompatible.
        FindingsError: a pending contract would stop traffic for as long as a table is large.
    """
    migrations = load(target.project)
    with target.database.autocommit("position") as connection:
        position = read_position(target, store, connection)
    if position.ahead or not wanted_contracts(position, to):
        return _report(target, position, None, ())
    with schema_run(target, store, listener, options) as run:
        refuse_blocking(target, wanted_contracts(run.position(), to))
        contracting = Contracting(run=run, migrations=migrations, force=force or {})
        blocked = contracting.run_all(to)
        return _report(target, run.position(), run, blocked, tuple(contracting.notes))


def wanted_contracts(position: Position, to: Revision | None) -> tuple[Revision, ...]:
    """The pending contract revisions up to ``to``, in order; may be empty."""
    pending = position.pending(Phase.CONTRACT)
    if to is None:
        return pending
    reach = position.graph.closure([to.id])
    return tuple(one for one in pending if one.id in reach)


@dataclass(frozen=True, kw_only=True)
class Contracting:
    """Contract revisions within one locked run."""

    run: SchemaRun
    migrations: Sequence[DataMigration]
    force: Mapping[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def services(self) -> ServiceView:
        return ServiceView(target=self.run.target, store=self.run.store)

    def run_all(self, to: Revision | None) -> tuple[BlockedRevision, ...]:
        """Apply what is open, stop at the first closed one; return it, or nothing."""
        for revision in wanted_contracts(self.run.position(), to):
            blocked = self.run_one(revision)
            if blocked is not None:
                self.run.listener.blocked(blocked)
                return (blocked,)
        return ()

    def run_one(self, revision: Revision) -> BlockedRevision | None:
        """Apply one contract revision if all its gates are open; else say which are closed."""
        required = self.still_asked(revision, required_by(revision, self.migrations))
        closed = self._closed(revision, required)
        refusing = [gate for gate in closed if gate.name not in self.force]
        if refusing:
            return _blocked(revision, refusing)
        for gate in closed:
            self._record_force(revision, gate.name)
        if any(gate.name == "data" for gate in closed):
            required = ()
        need = None if "services" in self.force else contract_need(revision)
        try:
            self.run.apply(revision, lambda: self._fenced(revision, required, need))
        except _ClosedAgainError as error:
            return _blocked(revision, [error.gate])
        return None

    def still_asked(self, revision: Revision, required: Sequence[DataMigration]) -> Sequence[DataMigration]:
        """Without those whose proof an earlier run had before it was stopped behind the removal of what they ask for:
        no row of the old shape can be there any more, and the question can't be put."""
        database = self.run.target.database
        with database.autocommit("journal") as connection:
            if revision.id not in unfinished(self.run.store, connection):
                return required
        asked = [one for one in required if not has_lost_its_question(database, one)]
        for one in required:
            if one not in asked:
                self.run.listener.note(
                    f"{one.name}: proven by an earlier run of {revision.id}, which then removed what it asks for"
                )
        return asked

    def _fenced(self, revision: Revision, required: Sequence[DataMigration], need: Need | None) -> timedelta:
        """One attempt.  The fences belong to it: a later one, after a pause in which they are down, asks anew."""
        with fenced(self.run.target.database, required) as fences:
            self._note(fences.notes)
            self._ask_again(required, need)
            return self.run.executor.apply(revision, self._around(revision, required, fences))

    def _closed(self, revision: Revision, required: Sequence[DataMigration]) -> list[Gate]:
        gate = gates.expand_gate(self.run.position(), revision)
        if not gate.open:
            return [gate]
        with self.run.target.database.autocommit("predicate") as connection:
            found = [asked_gate(self.run.store, connection, one) for one in required]
            found.extend(self._null_gates(connection, revision, required))
            found.append(self._services_gate(connection, revision))
        return [gate for gate in found if not gate.open]

    def _null_gates(
        self, connection: Connection, revision: Revision, required: Sequence[DataMigration]
    ) -> Iterable[Gate]:
        with_waived = waived(self.run.store, connection, required)
        if not with_waived:
            return ()
        recording = recorded(self.run.target, [revision])[revision.id]
        return list(null_gates(self.run.store, connection, recording, with_waived))

    def _services_gate(self, connection: Connection, revision: Revision) -> Gate:
        need = contract_need(revision)
        gate = self.services.gate(connection, need)
        if gate.open and need is not None:
            note = f"services: {gate.why}"
            self.notes.extend([note] if note not in self.notes else [])
        elif "services" not in self.force:
            self.services.ask(connection, need)
        return gate

    def _ask_again(self, required: Sequence[DataMigration], need: Need | None) -> None:
        """The question that counts: with the fence up, the answer 0 stays 0."""
        with self.run.target.database.autocommit("predicate") as connection:
            self._refuse_remaining(connection, required)
            gate = self.services.gate(connection, need)
            if not gate.open:
                raise _ClosedAgainError(gate)

    def _refuse_remaining(self, connection: Connection, required: Sequence[DataMigration]) -> None:
        for one in required:
            gate = asked_gate(self.run.store, connection, one)
            if not gate.open:
                raise _ClosedAgainError(gate)

    def _around(self, revision: Revision, required: Sequence[DataMigration], fences: Fences) -> Around:
        database = self.run.target.database

        def before(connection: Connection) -> None:
            if database.pack.fence.in_transaction:
                self._refuse_remaining(connection, required)
            elif not database.pack.session.transactional_ddl:
                # A trigger that names a dropped column makes the table unwritable: triggers first, while LOCK TABLES
                # keeps everybody out.
                lower(database, connection, fences)

        def after(connection: Connection) -> None:
            if database.pack.session.transactional_ddl:
                lower(database, connection, fences)

        return Around(before=before, after=after, exclusive=self._exclusive(revision, fences))

    def _exclusive(self, revision: Revision, fences: Fences) -> Tables:
        target = self.run.target
        if target.database.pack.session.transactional_ddl or not fences.tables:
            return ()
        return tables_to_hold(revision, recorded(target, [revision])[revision.id], fences.tables)

    def _note(self, notes: Iterable[str]) -> None:
        for note in notes:
            if note in self.notes:
                continue
            self.notes.append(note)
            self.run.listener.note(note)

    def _record_force(self, revision: Revision, gate: str) -> None:
        entry = self.run.executor.entry(revision, Event.FORCED, reason=f"{gate}: {self.force[gate]}")
        with self.run.target.database.transaction("ledger") as connection:
            write_ledger(self.run.store, connection, [entry])


class _ClosedAgainError(ClosedError):
    """A gate that was open is closed now; nothing of the revision happened."""

    def __init__(self, gate: Gate) -> None:
        super().__init__(gate.why, remedy=gate.remedy)
        self.gate = gate


def _blocked(revision: Revision, closed: Sequence[Gate]) -> BlockedRevision:
    return BlockedRevision(
        revision=revision.id,
        phase=revision.phase,
        change=revision.change,
        message=revision.message,
        gates=tuple(closed),
    )


def _report(
    target: Target,
    position: Position,
    run: SchemaRun | None,
    blocked: tuple[BlockedRevision, ...],
    notes: tuple[str, ...] = (),
) -> PhaseReport:
    ahead = tuple(entry.revision for entry in position.ahead)
    if ahead:
        notes = (
            *notes,
            f"the database is ahead of this code by expands only ({', '.join(ahead)}): compatible",
        )
    commands = tuple(dict.fromkeys(gate.remedy for one in blocked for gate in one.gates if gate.remedy))
    return PhaseReport(
        command="contract",
        database=target.database.identity,
        exit_code=ExitCode.CLOSED if blocked else ExitCode.DONE,
        applied=tuple(run.applied) if run else (),
        blocked=blocked,
        pending=tuple(one.id for one in position.pending(Phase.CONTRACT)),
        ahead=ahead,
        notes=notes,
        next=(*commands, "migrator contract") if commands else ("migrator status",),
    )
