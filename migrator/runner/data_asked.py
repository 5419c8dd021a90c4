"""What is asked before data migrations run: which there are, where the database stands, and who holds them up."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from migrator.data.kinds import DataMigration
from migrator.runner.data_scope import expands_by_change, load, never_asked
from migrator.runner.position import Position, read_position
from migrator.runner.service_view import DataGates, ServiceView
from migrator.scripts.environment import Target
from migrator.state.store import Store


@dataclass(frozen=True, kw_only=True)
class Asked:
    """``retired`` are never asked again; ``changes``: change → the ids of its expands; ``gate`` as
    :data:`migrator.data.run.Gate`."""

    migrations: tuple[DataMigration, ...]
    position: Position
    retired: Collection[str]
    changes: Mapping[str, Collection[str]]
    gate: DataGates


def asked_of(target: Target, store: Store) -> Asked:
    """Read the data modules, the version table and the ledger; changes nothing.

    Raises:
        ConfigurationError: the data modules can't be used.
        AheadError: the database is ahead of this code and incompatible.
    """
    migrations = load(target.project)
    with target.database.autocommit("position") as connection:
        position = read_position(target, store, connection)
    changes = expands_by_change(position.graph)
    return Asked(
        migrations=migrations,
        position=position,
        retired=never_asked(store, position, migrations),
        changes=changes,
        gate=DataGates(view=ServiceView(target=target, store=store), expands=changes),
    )
