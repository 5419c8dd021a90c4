"""A dry run: which statements a phase would send."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from migrator.model.exit_code import ExitCode
from migrator.model.report import PhaseReport
from migrator.model.revision import Revision
from migrator.runner.position import Position, read_position
from migrator.runner.preflight import plan
from migrator.scripts.environment import Target
from migrator.state.store import Store


def planned_phase(
    target: Target,
    store: Store,
    command: str,
    choose: Callable[[Position], Sequence[Revision]],
    *,
    note: str = "",
) -> PhaseReport:
    """The report of a dry run; reads the position, changes nothing.

    Args:
        choose: the revisions that the command would apply at this position.
        note: a sentence for a person, shown when there are any.
    """
    with target.database.autocommit("position") as connection:
        revisions = choose(read_position(target, store, connection))
    return PhaseReport(
        command=command,
        database=target.database.identity,
        exit_code=ExitCode.DONE,
        planned=plan(target, revisions),
        pending=tuple(one.id for one in revisions),
        notes=(note,) if note and revisions else (),
        next=(f"migrator {command}",) if revisions else (),
        dry_run=True,
    )
