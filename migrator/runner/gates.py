"""The gates of contract, as pure functions of what was found."""

from __future__ import annotations

from migrator.data.kinds import DataMigration
from migrator.model.phase import Phase
from migrator.model.report import Gate
from migrator.model.revision import Revision
from migrator.runner.position import Position


def expand_gate(position: Position, contract: Revision) -> Gate:
    """Open when everything that the contract comes after is applied."""
    missing = position.missing(contract)
    if not missing:
        return Gate(name="expand", open=True, why="all that it depends on is applied")
    trunk = [one for one in missing if one.phase is Phase.TRUNK]
    earlier = [one for one in missing if one.phase is Phase.CONTRACT]
    first = (trunk or [one for one in missing if one.phase is Phase.EXPAND] or earlier)[0]
    command = {Phase.TRUNK: "migrator upgrade", Phase.EXPAND: "migrator expand"}.get(first.phase, "migrator contract")
    ids = ", ".join(one.id for one in missing)
    return Gate(name="expand", open=False, why=f"it comes after {ids}, not applied yet", remedy=command)


def data_gate(migration: DataMigration, rows: int) -> Gate:
    """Open when the predicate finds no row now."""
    if rows == 0:
        return Gate(name="data", open=True, why=f"data migration {migration.name} finds no row")
    noun = "row" if rows == 1 else "rows"
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
