"""The batch size finds its target time, whatever the rows cost."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migrator.data.sizer import AIM, DEFAULT_TARGET, FIRST, Sizer, first_sizer

TARGET = DEFAULT_TARGET.total_seconds()
Cost = Callable[[int, int], float]
"""(number of the batch, rows) → seconds."""


def run(cost: Cost, batches: int, *, most: int = 100_000, sizer: Sizer | None = None) -> list[tuple[int, float]]:
    """Simulate batches: (rows, seconds) of each."""
    sizer = sizer or first_sizer(most=most)
    seen: list[tuple[int, float]] = []
    for number in range(batches):
        rows = sizer.size
        assert 1 <= rows <= sizer.most
        seconds = cost(number, rows)
        seen.append((rows, seconds))
        sizer = sizer.after(rows, timedelta(seconds=seconds))
    return seen


def share_over(seen: list[tuple[int, float]]) -> float:
    return sum(seconds > TARGET for _, seconds in seen) / len(seen)


per_row = st.floats(min_value=1e-6, max_value=0.2)


@settings(max_examples=60, deadline=None)
@given(per_row)
def test_a_constant_cost_comes_close_to_the_aim_and_never_over_the_target(row: float) -> None:
    seen = run(lambda _, rows: row * rows, 120)
    assert share_over(seen[10:]) == 0
    rows, seconds = seen[-1]
    assert rows == 100_000 or rows + 1 > AIM * TARGET / row * 0.75
    assert seconds <= TARGET


@settings(max_examples=60, deadline=None)
@given(per_row, st.integers(min_value=0, max_value=10_000), st.floats(min_value=0.0, max_value=0.35))
def test_with_jitter_at_most_one_batch_in_twenty_is_over_the_target(row: float, seed: int, jitter: float) -> None:
    chance = random.Random(seed)
    seen = run(lambda _, rows: row * rows * chance.uniform(1 - jitter, 1 + jitter), 220)
    assert share_over(seen[20:]) <= 0.05


@settings(max_examples=60, deadline=None)
@given(st.integers(min_value=0, max_value=10_000))
def test_a_long_tail_of_times_keeps_to_it_too(seed: int) -> None:
    chance = random.Random(seed)
    seen = run(lambda _, rows: 2e-5 * rows * chance.lognormvariate(0, 0.25), 420)
    assert share_over(seen[20:]) <= 0.05


@settings(max_examples=60, deadline=None)
@given(
    st.floats(min_value=1e-6, max_value=1e-3),
    st.floats(min_value=2, max_value=100),
    st.integers(min_value=20, max_value=90),
)
def test_after_a_sudden_slow_down_one_cut_is_enough_and_when_it_ends_the_size_comes_back(
    row: float, factor: float, at: int
) -> None:
    def cost(number: int, rows: int) -> float:
        return row * rows * (factor if at <= number < at + 40 else 1.0)

    seen = run(cost, 220)
    over = [number for number, (_, seconds) in enumerate(seen) if seconds > TARGET]
    assert all(at <= number <= at + 1 for number in over if number > 10)
    assert seen[-1][0] >= 0.8 * seen[at - 1][0]


@settings(max_examples=60, deadline=None)
@given(st.floats(min_value=0.05, max_value=0.85), st.floats(min_value=1e-6, max_value=1e-4))
def test_an_expensive_fixed_cost_is_shared_by_many_rows(share: float, row: float) -> None:
    seen = run(lambda _, rows: share * TARGET + row * rows, 150)
    assert share_over(seen[10:]) <= 0.05
    assert seen[-1][0] >= FIRST // 2


def test_where_the_fixed_cost_alone_is_over_the_target_batches_do_not_shrink_to_single_rows() -> None:
    seen = run(lambda _, rows: 3 * TARGET + 1e-5 * rows, 100)
    assert min(rows for rows, _ in seen) > 1


def test_rows_that_are_each_over_the_target_are_taken_one_by_one() -> None:
    assert run(lambda _, rows: 2 * TARGET * rows, 40)[-1][0] == 1


@settings(max_examples=60, deadline=None)
@given(st.integers(min_value=1, max_value=50), st.lists(st.floats(min_value=0, max_value=60), max_size=60))
def test_whatever_happens_it_stays_within_its_bounds(most: int, times: list[float]) -> None:
    sizer = first_sizer(most=most)
    for number, seconds in enumerate(times):
        sizer = sizer.refused() if number % 7 == 3 else sizer.after(sizer.size, timedelta(seconds=seconds))
        assert 1 <= sizer.size <= most


@settings(max_examples=60, deadline=None)
@given(st.floats(min_value=1e-6, max_value=1e-2))
def test_growth_is_bounded_from_one_batch_to_the_next(row: float) -> None:
    seen = run(lambda _, rows: row * rows, 60)
    assert all(after <= max(2 * before, before + 1) for (before, _), (after, _) in pairwise(seen))


def test_a_slow_batch_is_cut_at_once_and_in_proportion() -> None:
    sizer = first_sizer(most=10_000, learned=4_000)
    assert sizer.after(4_000, timedelta(seconds=3)).size <= 4_000 * AIM * 0.5 / 3
    assert sizer.after(4_000, timedelta(seconds=0.51)).size <= 2_000


def test_a_lock_timeout_or_a_deadlock_halves_it_and_it_comes_back() -> None:
    sizer = first_sizer(most=10_000, learned=4_000).refused()
    assert sizer.size == 2_000
    assert sizer.refused().refused().size == 500
    seen = run(lambda _, rows: 1e-5 * rows, 40, sizer=sizer)
    assert seen[-1][0] >= 4_000


def test_a_batch_that_was_not_full_teaches_nothing_of_growth_but_a_slow_one_counts() -> None:
    sizer = first_sizer(most=10_000, learned=1_000)
    assert sizer.after(3, timedelta(milliseconds=1)).size == 1_000
    assert sizer.after(0, timedelta(seconds=9)) == sizer
    assert sizer.after(10, timedelta(seconds=5)).size == 1


@pytest.mark.parametrize(
    ("most", "learned", "first"), [(10, None, 10), (5_000, None, FIRST), (5_000, 800, 800), (50, 800, 50)]
)
def test_it_begins_small_or_with_what_was_learned(most: int, learned: int | None, first: int) -> None:
    assert first_sizer(most=most, learned=learned).size == first
