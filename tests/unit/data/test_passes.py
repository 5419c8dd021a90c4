"""What the answer to a question means, and what a data migration waits for."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from migrator.data.kinds import FunctionMigration
from migrator.data.lane import Lane
from migrator.data.outcome import exit_code
from migrator.data.passes import MOST_STALLED, Verdict, answer, pass_is_over
from migrator.data.scheduling import refuse_unknown_requires, waiting_for
from migrator.data.watermark import decode, encode
from migrator.errors import ConfigurationError
from migrator.model.data import DataState
from migrator.state.data_progress import DataRow

STARTED = DataRow(name="x", state=DataState.RUNNING, pass_number=1, pass_size=10, pass_tried=10, pass_done=4)


def function(name: str = "x", **options: Any) -> FunctionMigration:
    return FunctionMigration(name=name, function=lambda context, max_count: (0, 0), **options)


# -- passes ----------------------------------------------------------------------------------------------------------


def test_a_first_question_without_rows_is_not_needed_and_a_later_one_is_done() -> None:
    assert answer(DataRow(name="x"), 0, ended=False).row.state is DataState.NOT_NEEDED
    assert answer(STARTED, 0, ended=True).row.state is DataState.DONE


def test_rows_begin_a_pass_of_their_number() -> None:
    given = answer(DataRow(name="x", state=DataState.BLOCKED, skipped=3, watermark="w"), 7, ended=False)
    assert given.verdict is Verdict.GO_ON
    assert (given.row.pass_size, given.row.pass_number, given.row.watermark, given.row.skipped) == (7, 1, None, 0)
    assert not pass_is_over(given.row)


def test_a_pass_that_did_none_of_the_rows_that_remain_is_blocked() -> None:
    stuck = DataRow(name="x", pass_number=2, pass_size=6, pass_tried=6)
    assert answer(stuck, 6, ended=True).verdict is Verdict.BLOCKED
    assert answer(stuck, 9, ended=True).verdict is Verdict.GO_ON  # three came meanwhile: they weren't tried
    assert answer(STARTED, 6, ended=True).verdict is Verdict.GO_ON


def test_passes_after_which_as_many_rows_remain_end_the_run() -> None:
    row = STARTED
    verdicts: list[Verdict] = []
    while not verdicts or verdicts[-1] is Verdict.GO_ON:
        given = answer(row, 10, ended=True)
        verdicts.append(given.verdict)
        row = DataRow(**{**vars(given.row), "pass_tried": 10, "pass_done": 10})
    assert verdicts == [Verdict.GO_ON] * (MOST_STALLED - 1) + [Verdict.STALLED]


# -- watermarks ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "bound",
    [
        (1, 2**62),
        (True,),
        (uuid.uuid4(), date(2026, 1, 2)),
        (datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC), Decimal("1.50")),
    ],
)
def test_keys_that_say_nothing_of_anybody_are_stored_and_read_back(bound: tuple[Any, ...]) -> None:
    text = encode(bound)
    assert text is not None
    assert decode(text) == bound
    assert [type(one) for one in decode(text)] == [type(one) for one in bound]


@pytest.mark.parametrize("bound", [("a@b",), (b"ab",), (1, "a@b"), (1.5,)])
def test_other_keys_are_not_stored(bound: tuple[Any, ...]) -> None:
    assert encode(bound) is None


# -- requires --------------------------------------------------------------------------------------------------------


def waits(migration: FunctionMigration, **known: Any) -> tuple[str, ...]:
    return waiting_for(migration, **{"applied": (), "done": (), "changes": {}, **known})


def test_revisions_changes_and_data_migrations_can_be_required() -> None:
    one = function(requires=("2a", "shop", "other"))
    changes = {"shop": ("2b", "2c")}
    assert waits(one, changes=changes) == ("2a", "2b", "2c", "other")
    assert waits(one, changes=changes, applied=("2a", "2b"), done=("other",)) == ("2c",)


def test_without_requires_the_expands_of_its_change_are_required() -> None:
    assert waits(function(change="shop"), changes={"shop": ("2b",)}) == ("2b",)
    assert waits(function(change="shop")) == ()


def test_a_data_migration_called_like_a_change_is_meant_where_both_exist() -> None:
    one = function(requires=("shop",))
    changes = {"shop": ("2b",)}
    assert waits(one, changes=changes, applied=("2b",), names=("shop", "x")) == ("shop",)
    assert waits(one, changes=changes, applied=("2b",), names=("x",)) == ()


def test_a_requires_that_names_nothing_and_a_circle_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="'shp'"):
        refuse_unknown_requires([function(requires=("shp",))], applied=(), changes={"shop": ()})
    circle = [function("a", requires=("b",)), function("b", requires=("a",))]
    with pytest.raises(ConfigurationError, match="a, b"):
        refuse_unknown_requires(circle, applied=(), changes={})


# -- exit codes ------------------------------------------------------------------------------------------------------


def lane(state: DataState, done: int = 0, *, first: int | None = None, last: int | None = None) -> Lane:
    return Lane(migration=function(remaining=sa.select(sa.literal(1))), state=state, done=done, first=first, last=last)


@pytest.mark.parametrize(
    ("lanes", "code"),
    [
        ([], 0),
        ([lane(DataState.DONE, 5), lane(DataState.NOT_NEEDED), lane(DataState.RETIRED)], 0),
        ([lane(DataState.RUNNING, 5)], 1),
        ([lane(DataState.PENDING)], 1),
        ([lane(DataState.FAILED), lane(DataState.DONE, 5)], 1),
        ([lane(DataState.FAILED), lane(DataState.PENDING)], 1),
        ([lane(DataState.FAILED), lane(DataState.WAITING)], 2),
        ([lane(DataState.BLOCKED), lane(DataState.DONE)], 2),
        ([lane(DataState.BLOCKED, 5, first=5, last=5)], 2),
        ([lane(DataState.BLOCKED, 5, first=5, last=4)], 1),
        ([lane(DataState.WAITING), lane(DataState.DONE, 5)], 4),
    ],
)
def test_the_exit_code_of_a_run(lanes: list[Lane], code: int) -> None:
    assert exit_code(lanes) == code
