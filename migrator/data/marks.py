"""How fast a data migration goes, for those who look on: a few moments and what was done by then, in its row.

Who runs it knows that of its own batches; another shell sees what all runners together do, by the server's clock.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from migrator.data.rates import Rates
from migrator.state.data_progress import DataRow

APART = timedelta(seconds=3)
"""The least time between two marks."""
MOST = 10
SILENT = timedelta(seconds=60)
"""A runner that marked nothing for so long isn't there, or waits."""
JOINED = timedelta(seconds=15)
"""A run whose first batch comes so long after the last mark is no other's companion: what lies between is no work."""

_MILLISECOND = timedelta(milliseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Mark = tuple[int, int]
"""Milliseconds since 1970 by the server's clock, and the rows done by all runs until then."""


def marked(row: DataRow, *, first: bool) -> str | None:
    """The marks of a row that is to be written or was just read, with one more where it is due.

    Args:
        first: the run that asks has done no batch of it before this one.
    """
    if row.read_at is None:
        return row.marks
    now, marks = _milliseconds(row.read_at), _marks(row.marks)
    since = (now - marks[-1][0]) * _MILLISECOND if marks else None
    if since is None or (first and since > JOINED) or since < timedelta():
        marks = []
    elif since < APART:
        return row.marks
    return json.dumps([*marks, (now, row.done)][-MOST:])


def time_left(row: DataRow, remaining: int | None) -> tuple[timedelta, timedelta] | None:
    """The least and the most time for so many rows, at the pace of the last marks, rests and waits included; None where
    that isn't known (yet), nobody is at work, or what is at work waits."""
    marks = _marks(row.marks)
    if not remaining or row.state.settled or row.control.wanted or row.control.held_by or row.read_at is None:
        return None
    if not marks or (_milliseconds(row.read_at) - marks[-1][0]) * _MILLISECOND > SILENT:
        return None
    intervals = [
        (done - done_before, (at - at_before) / 1000) for (at_before, done_before), (at, done) in pairwise(marks)
    ]
    return Rates(samples=deque(intervals)).eta(remaining)


def _marks(text: str | None) -> Sequence[Mark]:
    return [(int(at), int(done)) for at, done in json.loads(text)] if text else []


def _milliseconds(moment: datetime) -> int:
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return (aware - _EPOCH) // _MILLISECOND
