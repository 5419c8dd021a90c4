"""The gates of contract, as pure functions of what was found."""

from __future__ import annotations

from migrator.data.kinds import DataMigration
from migrator.model.phase import Phase
from migrator.model.report import Gate
from migrator.model.revision import Revision
from migrator.runner.position import Position


def expand_gate(position: Position, contract: Revision) -> Gate:
    """Open when all expand and trunk revisions that the contract comes after are applied.

    Earlier contracts don't count: they run in order, and the first closed one ends the run.
    """
    missing = [one for one in position.missing(contract) if one.phase is not Phase.CONTRACT]
    if not missing:
        return Gate(name="expand", open=True, why="all that it depends on is applied")
    trunk = any(one.phase is Phase.TRUNK for one in missing)
    return Gate(
        name="expand",
        open=False,
        why=f"it comes after {', '.join(one.id for one in missing)}, not applied yet",
        remedy="migrator upgrade" if trunk else "migrator expand",
    )


def data_gate(migration: DataMigration, rows: int, parked: int = 0, waived: int = 0, broken: int = 0) -> Gate:
    """Open when the predicate finds no row now but waived ones; ``parked`` are in quarantine, where no run tries them,
    and not waived.  Closed too where the invariant finds ``broken`` rows."""
    if rows == 0 and broken:
        too = " (waived rows count there, too)" if waived else ""
        which = "a row that must not be there" if broken == 1 else f"{broken} rows that must not be there"
        return Gate(
            name="data",
            open=False,
            why=f"data migration {migration.name} finds no row, but its invariant finds {which}{too}: mend them",
            remedy=f"migrator data verify {migration.name}",
        )
    if rows == 0:
        but = f" but {waived} that {'is' if waived == 1 else 'are'} waived" if waived else ""
        return Gate(name="data", open=True, why=f"data migration {migration.name} finds no row{but}")
    noun = "row" if rows == 1 else "rows"
    if parked >= rows:
        return Gate(
            name="data",
            open=False,
            why=f"data migration {migration.name} still finds {rows} {noun}, all of them in quarantine",
            remedy=f"migrator data retry {migration.name}",
        )
    return Gate(
        name="data",
        open=False,
        why=f"data migration {migration.name} still finds {rows} {noun}",
        remedy=f"migrator online-data-migrations --only {migration.name}",
    )


def data_gate_from_state(name: str, state: str) -> Gate:
    """The closed gate of a data migration that is known by its state only (``status`` counts no rows)."""
    return Gate(
        name="data",
        open=False,
        why=f"data migration {name} is {state}",
        remedy=f"migrator online-data-migrations --only {name}",
    )
