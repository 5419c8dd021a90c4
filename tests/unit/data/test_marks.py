"""The time left that another shell shows: from marks by the server's clock, a range, and nothing before it is known."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from migrator.data.marks import APART, JOINED, MOST, SILENT, marked, time_left
from migrator.model.data import DataState
from migrator.state.data_control import CANCELLED, PAUSED, Control
from migrator.state.data_progress import DataRow

BEGIN = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def row(seconds: float, done: int = 0, marks: str | None = None) -> DataRow:
    return DataRow(name="x", state=DataState.RUNNING, read_at=BEGIN + seconds * SECOND, done=done, marks=marks)


def run(marks: str | None, *, begin: float, batches: int, done: int, every: float = 1.0, rows: int = 100) -> str | None:
    """The marks after a run with a batch of so many rows at a time."""
    for number in range(batches):
        done += rows
        marks = marked(row(begin + number * every, done, marks), first=number == 0)
    return marks


def test_it_is_not_known_before_three_marks_lie_behind_the_first() -> None:
    marks = run(None, begin=0, batches=9, done=0)
    assert time_left(row(9, 900, marks), 1000) is None
    marks = run(None, begin=0, batches=10, done=0)
    assert time_left(row(9, 1000, marks), 1000) == (10 * SECOND, 10 * SECOND)


def test_uneven_batches_make_a_range_around_the_mean() -> None:
    marks: str | None = None
    done = 0
    for number, rows in enumerate([100, 50, 200, 50, 200, 100, 150]):
        done += rows
        marks = marked(row(4 * number, done, marks), first=number == 0)
    found = time_left(row(25, done, marks), 1000)
    assert found is not None
    least, most = found
    assert least < 1000 * 24 * SECOND / 750 < most


def test_rests_and_waits_of_the_last_marks_are_part_of_it() -> None:
    marks = run(None, begin=0, batches=8, done=0, every=10)
    assert time_left(row(71, 800, marks), 1000) == (100 * SECOND, 100 * SECOND)


def test_a_resumed_run_is_not_judged_by_the_time_between_the_runs_nor_by_the_pace_before() -> None:
    before = run(None, begin=0, batches=20, done=0, rows=1000)
    later = 20 + JOINED.total_seconds() + 5
    marks = run(before, begin=later, batches=6, done=20_000, rows=10)
    assert time_left(row(later + 6, 20_060, marks), 1000) is None
    marks = run(before, begin=later, batches=10, done=20_000, rows=10)
    assert time_left(row(later + 10, 20_100, marks), 1000) == (100 * SECOND, 100 * SECOND)


def test_a_run_that_joins_another_one_counts_on_with_its_marks() -> None:
    marks = run(None, begin=0, batches=10, done=0)
    joined = marked(row(12, 1300, marks), first=True)
    assert joined is not None
    assert json.loads(joined)[:-1] == json.loads(marks or "")


def test_marks_are_few_and_apart_and_none_is_made_without_a_clock() -> None:
    marks = json.loads(run(None, begin=0, batches=300, done=0, every=0.5) or "")
    assert len(marks) == MOST
    gaps = [timedelta(milliseconds=b[0] - a[0]) for a, b in pairwise(marks)]
    assert min(gaps) >= APART
    assert marked(replace(row(0), read_at=None), first=True) is None


def test_a_server_whose_clock_was_set_back_is_no_time_machine() -> None:
    marks = run(None, begin=100, batches=10, done=0)
    assert json.loads(marked(row(50, 2000, marks), first=False) or "")[0][1] == 2000


def test_without_a_time_zone_the_clock_is_in_utc() -> None:
    aware, naive = (marked(replace(row(0), read_at=at), first=True) for at in (BEGIN, BEGIN.replace(tzinfo=None)))
    assert aware == naive


@pytest.mark.parametrize(
    "change",
    [
        {"read_at": BEGIN + 10 * SECOND + SILENT},
        {"state": DataState.DONE},
        {"control": Control(wanted=PAUSED)},
        {"control": Control(wanted=CANCELLED)},
        {"control": Control(held_by="replica")},
        {"marks": None},
    ],
    ids=["nobody at work", "done", "paused", "cancelled", "held", "never ran"],
)
def test_nothing_is_promised_where_nothing_goes_on(change: dict[str, object]) -> None:
    going = row(9, 1000, run(None, begin=0, batches=10, done=0))
    assert time_left(going, 1000) is not None
    assert time_left(replace(going, **change), 1000) is None  # type: ignore[arg-type]  # each is of its field's type
    assert time_left(going, None) is None
