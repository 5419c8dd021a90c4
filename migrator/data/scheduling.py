"""What a data migration waits for, and whose turn it is."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from migrator.data.kinds import DataMigration
from migrator.errors import ConfigurationError


def waiting_for(
    migration: DataMigration,
    *,
    applied: Collection[str],
    done: Collection[str],
    changes: Mapping[str, Collection[str]],
    names: Collection[str] = (),
) -> tuple[str, ...]:
    """What isn't done yet of that which ``migration`` requires, in its order; empty when it may run.

    Args:
        applied: ids of applied revisions.
        done: names of data migrations that are done, not needed or retired.
        changes: change → ids of its expand revisions.
        names: all data migrations; where one is called like a change, it is meant.
    """
    missing: list[str] = []
    for name in migration.requires or _own_expands(migration, changes):
        if name in applied or name in done:
            continue
        is_change = name in changes and (name not in names or name == migration.name)
        missing.extend([one for one in changes[name] if one not in applied] if is_change else [name])
    return tuple(dict.fromkeys(missing))


def refuse_unknown_requires(
    migrations: Sequence[DataMigration],
    *,
    applied: Collection[str],
    changes: Mapping[str, Collection[str]],
) -> None:
    """Prove that every ``requires`` names something, and that no two wait for each other.

    Raises:
        ConfigurationError: one doesn't, or they wait in a circle.
    """
    names = {one.name for one in migrations}
    expands = {revision for revisions in changes.values() for revision in revisions}
    known = names | set(applied) | set(changes) | expands
    for migration in migrations:
        unknown = [name for name in migration.requires if name not in known]
        if unknown:
            raise ConfigurationError(
                f"data migration {migration.name!r} requires {', '.join(map(repr, unknown))}: there is no such expand"
                " revision, change or data migration",
                remedy=f"mend `requires` in {migration.path.name if migration.path else 'its declaration'}",
            )
    _refuse_circles(
        {one.name: [name for name in one.requires if name in names and name != one.name] for one in migrations}
    )


def selected(migrations: Sequence[DataMigration], only: str | None) -> Sequence[DataMigration]:
    """All of them, or the one called ``only``.

    Raises:
        ConfigurationError: there is none of that name.
    """
    if only is None:
        return migrations
    found = [one for one in migrations if one.name == only]
    if not found:
        names = ", ".join(sorted(one.name for one in migrations)) or "none"
        raise ConfigurationError(
            f"there is no data migration called {only!r} (there are: {names})",
            remedy="give one of these names to --only, or leave it out",
        )
    return found


def _own_expands(migration: DataMigration, changes: Mapping[str, Collection[str]]) -> Collection[str]:
    return changes.get(migration.change, ())


def _refuse_circles(requires: Mapping[str, Sequence[str]]) -> None:
    settled: set[str] = set()
    while len(settled) < len(requires):
        free = {name for name, needs in requires.items() if name not in settled and settled.issuperset(needs)}
        if not free:
            waiting = ", ".join(sorted(set(requires) - settled))
            raise ConfigurationError(
                f"data migrations wait for each other: {waiting}", remedy="take one of their `requires` away"
            )
        settled |= free
