"""Which data migrations belong to which contract, and which are retired."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from migrator.data.kinds import DataMigration
from migrator.data.modules import load_data_migrations
from migrator.data.quarantine import remaining_but_waived
from migrator.data.remaining import any_remaining
from migrator.db.database import Database
from migrator.errors import ConfigurationError, MissingObjectError
from migrator.model.ledger import applied_entries
from migrator.model.phase import Phase
from migrator.model.report import Gate
from migrator.model.revision import Revision
from migrator.runner.gates import data_gate
from migrator.runner.position import Position
from migrator.scripts.graph import RevisionGraph
from migrator.scripts.project import Project
from migrator.state.journal import unfinished
from migrator.state.quarantine import count_parked
from migrator.state.store import Store


def load(project: Project) -> tuple[DataMigration, ...]:
    """The project's data migrations, proven against the graph.

    Raises:
        ConfigurationError: a ``requires_data`` that names nothing, a gate on a function without ``remaining``,
            two of one name.
        UserCodeError: a data module doesn't import.
    """
    migrations = load_data_migrations(project.data_folder)
    by_name = {one.name: one for one in migrations}
    for revision in project.graph.of_phase(Phase.CONTRACT):
        for name in revision.requires_data:
            _refuse_unusable(revision, name, by_name)
    return migrations


def _refuse_unusable(revision: Revision, name: str, by_name: Mapping[str, DataMigration]) -> None:
    migration = by_name.get(name)
    if migration is None:
        known = ", ".join(sorted(by_name)) or "none"
        raise ConfigurationError(
            f"contract {revision.id} requires the data migration {name!r}, which doesn't exist (there are: {known})",
            remedy=f"mend requires_data in {revision.path.name}, or add the data migration",
        )
    if not migration.has_predicate:
        raise ConfigurationError(
            f"contract {revision.id} is gated on {name!r}, a plain function that declares no `remaining`:"
            " nothing could prove that it is done",
            remedy=f"declare remaining=<a select of the rows still to do> for {name!r}",
        )


def required_by(revision: Revision, migrations: Sequence[DataMigration]) -> tuple[DataMigration, ...]:
    """What a contract waits for: its ``requires_data``, and the data migrations of its own change that can be asked."""
    return tuple(
        one
        for one in migrations
        if one.name in revision.requires_data or (one.change == revision.change and one.has_predicate)
    )


def retired(position: Position, migrations: Sequence[DataMigration]) -> frozenset[str]:
    """Names whose contract is applied: never asked again, since what they read may be gone."""
    contracts = [one for one in position.graph.of_phase(Phase.CONTRACT) if one.id in position.applied]
    entries = applied_entries(position.ledger).values()
    changes = {one.change for one in contracts if not one.anchor}
    changes |= {entry.change for entry in entries if entry.phase is Phase.CONTRACT}
    names = {name for one in contracts for name in one.requires_data}
    names |= {name for entry in entries if entry.phase is Phase.CONTRACT for name in entry.requires_data}
    return frozenset(one.name for one in migrations if one.name in names or one.change in changes)


def never_asked(store: Store, position: Position, migrations: Sequence[DataMigration]) -> frozenset[str]:
    """The retired ones, and those whose contract was stopped behind the removal of what they ask for: it had its proof
    before, no row of the old shape can be there any more, and the question can't be put."""
    gone = retired(position, migrations)
    pending = position.pending(Phase.CONTRACT)
    if not pending:
        return gone
    with store.database.autocommit("journal") as connection:
        begun = set(unfinished(store, connection))
    proven = {
        one.name: one for revision in pending if revision.id in begun for one in required_by(revision, migrations)
    }
    return gone | {
        name for name, one in proven.items() if name not in gone and has_lost_its_question(store.database, one)
    }


def asked_gate(store: Store, connection: Connection, migration: DataMigration) -> Gate:
    """The data gate as the predicate answers now, waived rows left out, and the invariant, if there is one.
    Reads the whole table where no index helps the predicate, and what the invariant's SELECT reads."""
    with store.database.step("predicate", migration.name):
        left = remaining_but_waived(store, connection, migration)
        broken = 0 if left.rows else migration.breaking(connection)
    parked = count_parked(store, connection, migration.name) if left.rows else 0
    return data_gate(migration, left.rows, parked - left.waived, left.waived, broken)


def has_lost_its_question(database: Database, migration: DataMigration) -> bool:
    """Whether the predicate, or the invariant, names what isn't there any more."""
    try:
        with database.autocommit("predicate") as connection:
            any_remaining(connection, migration)
            migration.breaking(connection)
    except MissingObjectError:
        return True
    return False


def expands_by_change(graph: RevisionGraph) -> Mapping[str, tuple[str, ...]]:
    """Change → the ids of its expand revisions."""
    return {
        change: tuple(one.id for one in revisions if one.phase is Phase.EXPAND)
        for change, revisions in graph.changes().items()
    }
