"""What the user's function makes of rows, without a database."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import pytest

from migrator.data.computing import Computing, same
from migrator.dialects.keys import Bound

ROWS: dict[Bound, tuple[Any, ...]] = {(number,): (number, [number]) for number in range(1, 9)}


def computing(
    function: Callable[[Mapping[str, Any]], Any] | None = None,
    batch_function: Callable[[Sequence[Mapping[str, Any]]], Any] | None = None,
) -> Computing:
    return Computing(
        name="x",
        path=None,
        reads=("a", "b"),
        encoders={"w": lambda value: value, "v": int},
        function=function,
        batch_function=batch_function,
    )


def test_each_row_is_a_mapping_of_what_is_read_and_gives_names_and_encoded_values() -> None:
    made = computing(lambda row: {"v": str(row["a"])}).of(ROWS)
    assert made.values[(3,)] == (("v",), (3,))
    assert (made.skipped, made.errors) == ([], {})


def test_a_function_that_changes_what_it_was_given_changes_nothing_that_is_compared_later() -> None:
    def spoil(row: Mapping[str, Any]) -> dict[str, Any]:
        row["b"].append("more")
        return {"w": row["b"]}

    read = {(1,): (1, [1])}
    assert computing(spoil).of(read).values[(1,)] == (("w",), ([1, "more"],))
    assert read == {(1,): (1, [1])}


def test_a_row_cannot_be_assigned_to() -> None:
    def assign(row: Any) -> None:
        row["a"] = 1

    assert computing(assign).of(ROWS).errors.keys() == ROWS.keys()


def test_one_that_raises_fails_alone_with_class_and_place_and_without_its_text() -> None:
    def odd(row: Mapping[str, Any]) -> dict[str, Any] | None:
        if row["a"] == 5:
            raise ValueError(f"CANARY {row['a']}")
        return {"w": 1} if row["a"] % 2 else None

    made = computing(odd).of(ROWS)
    assert list(made.values) == [(1,), (3,), (7,)]
    assert made.skipped == [(2,), (4,), (6,), (8,)]
    (error,) = made.errors.values()
    assert "ValueError" in error.message
    assert "CANARY" not in error.message + error.remedy + repr(error.fields)


@pytest.mark.parametrize("bad", [{1}, {8}, {3, 4}, set(range(1, 9))])
def test_a_batch_form_that_raises_is_asked_again_for_halves(bad: set[int]) -> None:
    calls: list[int] = []

    def some(rows: Sequence[Mapping[str, Any]]) -> list[Any]:
        calls.append(len(rows))
        if any(row["a"] in bad for row in rows):
            raise ValueError
        return [{"w": row["a"]} for row in rows]

    made = computing(None, some).of(ROWS)
    assert {key[0] for key in made.errors} == bad
    assert {key[0] for key in made.values} == set(range(1, 9)) - bad
    assert len(calls) <= 2 * 8


@pytest.mark.parametrize("result", [[], [{"w": 1}] * 7, None, {"w": 1}, iter([{"w": 1}] * 8)])
def test_a_batch_form_that_gives_another_number_of_results_fails_each_row(result: Any) -> None:
    made = computing(None, lambda rows: result).of({key: ROWS[key] for key in list(ROWS)[:2]})
    assert len(made.errors) == 2
    assert made.values == {}


def test_a_batch_form_is_not_called_for_no_rows() -> None:
    def never(rows: Any) -> list[Any]:
        raise AssertionError

    assert computing(None, never).of({}).errors == {}


@pytest.mark.parametrize("result", [{"other": 1}, {}, 3, "w", {"v": "no number"}])
def test_a_result_that_is_no_value_for_a_declared_column_fails_the_row(result: Any) -> None:
    assert computing(lambda row: result).of(ROWS).errors.keys() == ROWS.keys()


def test_what_is_computed_again_takes_the_place_of_what_was() -> None:
    first = computing(lambda row: {"w": 1}).of(ROWS)
    first.add(computing(lambda row: None).of({(1,): (1, [])}))
    first.add(computing(lambda row: {"w": 2}).of({(2,): (2, [])}))
    assert (1,) not in first.values
    assert first.skipped == [(1,)]
    assert first.values[(2,)] == (("w",), (2,))


@pytest.mark.parametrize(
    "value", [None, 1, True, "a", b"a", 1.5, -0.0, math.nan, Decimal("1.0"), {"a": [1, None, math.nan]}, (1, "x")]
)
def test_a_value_is_the_same_as_itself_read_again(value: Any) -> None:
    copied = float("nan") if value is math.nan else value
    assert same(value, copied)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (None, 0),
        (1, True),
        (1, 1.0),
        (0.0, -0.0),
        ("a", "A"),
        ("a", "a "),
        ({"a": 1}, {"a": True}),
        ({"a": 1}, {"a": 1, "b": None}),
        ([1], [1, 1]),
        ([[0]], [[False]]),
        (math.nan, 1.0),
    ],
)
def test_values_that_python_takes_for_equal_but_a_database_does_not_are_not_the_same(one: Any, other: Any) -> None:
    assert not same(one, other)
    assert not same(other, one)
