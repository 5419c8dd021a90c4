"""``db_version``: what is applied."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from migrator.commands.opening import Opening
from migrator.model.phase import Phase
from migrator.runner.position import Position, read_position
from migrator.scripts.environment import Target
from migrator.state.store import Store


@dataclass(frozen=True, kw_only=True)
class Versions:
    """The newest applied revisions of each phase, in the order of the graph; empty where none is applied.

    More than one in a phase only where two features grew side by side.
    """

    trunk: tuple[str, ...] = ()
    expand: tuple[str, ...] = ()
    contract: tuple[str, ...] = ()


def db_version(config: str | Path | None = None, database_url: str | None = None) -> Versions:
    """Where the database stands.  Changes nothing, takes no lock.

    Args:
        config: alembic.ini or pyproject.toml; None looks in the working directory.
        database_url: this database instead of env.py's.

    Raises:
        AheadError: the database is ahead of this code and incompatible with it.
        UnreachableError: the server can't be reached.
        ConfigurationError, UserCodeError: the project can't be used as it is.
    """

    def work(target: Target, store: Store) -> Versions:
        with target.database.autocommit("position") as connection:
            return versions_at(read_position(target, store, connection))

    return opening(config, database_url).run(work)


def opening(config: str | Path | None, database_url: str | None) -> Opening:
    """What every function of this package begins with."""
    path = None if config is None else Path(config)
    return Opening(config_file=path, overrides={"database_url": database_url})


def versions_at(position: Position) -> Versions:
    """The heads of what is applied, phase by phase; expands of a newer release are among them."""
    revisions = [one for id, one in position.graph.revisions.items() if id in position.applied]
    known = [(one.id, one.phase, one.down_revision) for one in revisions]
    newer = [(one.revision, one.phase, one.down_revision) for one in position.ahead]
    applied = [*known, *newer]
    return Versions(
        trunk=_heads(applied, Phase.TRUNK),
        expand=_heads(applied, Phase.EXPAND),
        contract=_heads(applied, Phase.CONTRACT),
    )


def _heads(applied: Iterable[tuple[str, Phase, tuple[str, ...]]], phase: Phase) -> tuple[str, ...]:
    inside = [(id, down) for id, one, down in applied if one is phase]
    covered = {parent for _, down in inside for parent in down}
    return tuple(id for id, _ in inside if id not in covered)
