"""What stands between a database and a goal of ``wait``.  Read-only."""

from __future__ import annotations

from collections.abc import Sequence

from migrator.model.data import DataState
from migrator.model.phase import Phase
from migrator.model.report import DataCell, StatusReport
from migrator.model.waiting import Goal, Missing
from migrator.runner.position import Position, read_position
from migrator.runner.status import status
from migrator.scripts.environment import Target
from migrator.state.store import Store

_PHASES = {
    Phase.TRUNK: ("trunk revisions", "migrator upgrade"),
    Phase.EXPAND: ("expands", "migrator expand"),
    Phase.CONTRACT: ("contracts", "migrator contract"),
}
_MOST_NAMED = 5


def missing(target: Target, store: Store, goal: Goal) -> Missing:
    """Ask the database now.

    Data migrations are asked only for ``data``, and only when nothing else is missing: a predicate may read a table.

    Raises:
        AheadError: the database is ahead of this code and incompatible.
        ConfigurationError, UserCodeError: for ``data``: the data modules can't be used.
    """
    with target.database.autocommit("wait") as connection:
        position = read_position(target, store, connection)
    phases = (Phase.TRUNK, Phase.EXPAND, *((Phase.CONTRACT,) if goal is Goal.CONTRACTED else ()))
    found = _pending(position, phases)
    if not found and goal is Goal.DATA:
        found = _data(status(target, store))
    return Missing(
        database=target.database.identity,
        what=tuple(sentence for sentence, _ in found),
        ahead=tuple(entry.revision for entry in position.ahead),
        notes=position.notes,
        next=tuple(command for _, command in found[:1]),
    )


def _pending(position: Position, phases: Sequence[Phase]) -> list[tuple[str, str]]:
    found = []
    for phase in phases:
        pending = [one.id for one in position.pending(phase)]
        if pending:
            kind, command = _PHASES[phase]
            found.append((f"{kind} not applied: {_named(pending)}", command))
    return found


def _data(report: StatusReport) -> list[tuple[str, str]]:
    unsettled = [cell for change in report.changes for cell in change.data if not DataState(cell.state).settled]
    return [(_of_cell(cell), "migrator online-data-migrations") for cell in unsettled]


def _of_cell(cell: DataCell) -> str:
    if cell.waiting_for:
        return f"data migration {cell.name} waits for {', '.join(cell.waiting_for)}"
    rows = ": rows remain" if cell.rows_remain else ""
    return f"data migration {cell.name} is {cell.state}{rows}"


def _named(revisions: Sequence[str]) -> str:
    more = len(revisions) - _MOST_NAMED
    return ", ".join(revisions[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
