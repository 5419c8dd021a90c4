"""Passes over a data migration's rows, as pure functions: when one begins, ends, and what the next question means."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from migrator.model.data import DataState
from migrator.state.data_progress import DataRow

MOST_STALLED = 3
"""Passes in a row after which as many rows remained as before: then rows come as fast as they go."""


class Verdict(Enum):
    """What follows from a question."""

    SETTLED = "settled"
    GO_ON = "go on"
    BLOCKED = "blocked"
    STALLED = "stalled"
    QUARANTINED = "quarantined"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The row as it is to be written, and what follows for this run."""

    row: DataRow
    verdict: Verdict


def pass_is_over(row: DataRow) -> bool:
    """Whether as many rows were tried as the pass began with, or all its ranges are finished; false while no pass is
    underway."""
    if row.parted:
        return row.pass_size is not None and not row.open_ranges
    return row.pass_size is not None and row.pass_tried >= row.pass_size


def answer(row: DataRow, count: int, *, ended: bool, parked: int = 0, waived: int = 0) -> Answer:
    """What the predicate's count means.

    Args:
        count: rows still to do that aren't parked.
        parked: parked rows that are still to do and not waived; asked for where ``count`` is 0 only.
        waived: the same of waived ones; they hold nothing up.
        ended: the pass that the row tells of has come to its end; else no pass is underway, and one begins.
    """
    if count == 0 and parked:
        stuck = replace(row, state=DataState.BLOCKED, pass_size=None, stalled=0, **_kept(parked, waived))
        return Answer(row=stuck, verdict=Verdict.QUARANTINED)
    if count == 0:
        return Answer(row=_settled(row, waived), verdict=Verdict.SETTLED)
    if not ended:
        return Answer(row=_next_pass(row, count, stalled=0), verdict=Verdict.GO_ON)
    if row.pass_done == 0 and count <= row.pass_tried:
        return Answer(row=replace(row, state=DataState.BLOCKED, pass_size=None, stalled=0), verdict=Verdict.BLOCKED)
    stalled = row.stalled + 1 if count >= (row.pass_size or 0) else 0
    if stalled >= MOST_STALLED:
        return Answer(row=replace(row, state=DataState.RUNNING, pass_size=None, stalled=0), verdict=Verdict.STALLED)
    return Answer(row=_next_pass(row, count, stalled=stalled), verdict=Verdict.GO_ON)


def _kept(parked: int, waived: int) -> dict[str, Any]:
    return {"quarantined": parked + waived or None, "waived": waived or None}


def _settled(row: DataRow, waived: int) -> DataRow:
    did = row.pass_number or row.done or row.state is DataState.DONE
    state = DataState.DONE if did else DataState.NOT_NEEDED
    return replace(
        row,
        state=state,
        pass_size=None,
        watermark=None,
        skipped=0,
        stalled=0,
        error_class=None,
        error_code=None,
        **_kept(0, waived),
    )


def _next_pass(row: DataRow, count: int, *, stalled: int) -> DataRow:
    return replace(
        row,
        state=DataState.RUNNING,
        watermark=None,
        skipped=0,
        pass_number=row.pass_number + 1,
        pass_size=count,
        pass_tried=0,
        pass_done=0,
        stalled=stalled,
    )
