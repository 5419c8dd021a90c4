"""From what a run saw to its exit code and next command: pure functions."""

from __future__ import annotations

from collections.abc import Sequence

from migrator.data.lane import Lane
from migrator.model.data import DataReport, DataState
from migrator.model.exit_code import ExitCode
from migrator.model.throttle import Reading

SERVICE = "service"
"""How what it waits for begins where that is a service."""
_COMMAND = "migrator online-data-migrations"


def report(
    lanes: Sequence[Lane],
    *,
    limited: bool,
    interrupted: bool,
    expands: frozenset[str],
    out_of_time: bool = False,
    pace: str = "",
    signals: Sequence[Reading] = (),
) -> DataReport:
    """The report of a run.

    Args:
        limited: ``max_count`` is used up.
        out_of_time: ``max_time`` is over.
        interrupted: the run was asked to stop.
        expands: ids of all expand revisions, to name the command that a waiting one needs.
    """
    code = exit_code(lanes)
    return DataReport(
        exit_code=code,
        rows=tuple(lane.progress() for lane in lanes),
        limited=limited and code is ExitCode.REMAINING,
        out_of_time=out_of_time and code in (ExitCode.REMAINING, ExitCode.CLOSED),
        interrupted=interrupted and code is ExitCode.REMAINING,
        pace=pace,
        signals=tuple(signals),
        next=_next(code, lanes, expands),
    )


def exit_code(lanes: Sequence[Lane]) -> ExitCode:
    """0: no row is left; 4: all that is left waits, for others or for a person; 1: this run got somewhere, or was
    ended before it could try all; 2: it tried and got nowhere."""
    left = [lane for lane in lanes if not lane.state.settled]
    if not left:
        return ExitCode.DONE
    if all(lane.state.closed for lane in left):
        return ExitCode.CLOSED
    untried = any(lane.state in (DataState.PENDING, DataState.RUNNING) for lane in left)
    if untried or any(lane.moved for lane in lanes):
        return ExitCode.REMAINING
    return ExitCode.BLOCKED


def _next(code: ExitCode, lanes: Sequence[Lane], expands: frozenset[str]) -> tuple[str, ...]:
    if code is ExitCode.REMAINING:
        return (_COMMAND,)
    if code is ExitCode.CLOSED:
        for state, verb in ((DataState.PAUSED, "resume"), (DataState.CANCELLED, "retry")):
            found = [lane.name for lane in lanes if lane.state is state]
            if found:
                return (*(f"migrator data {verb} {name}" for name in found), _COMMAND)
        waits = {name for lane in lanes for name in lane.waiting_for}
        if waits & expands:
            return ("migrator expand", _COMMAND)
        return ("migrator services list", _COMMAND) if any(one.startswith(SERVICE) for one in waits) else (_COMMAND,)
    if code is ExitCode.BLOCKED:
        parked = [lane.name for lane in lanes if lane.quarantined]
        return tuple(f"migrator data retry {name}" for name in parked) or ("migrator status",)
    return ("migrator contract",)
