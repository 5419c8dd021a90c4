"""Where a pass is cut, against every size of it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from migrator.data.crew import shares, together
from migrator.data.splitting import cut_evenly, parts_for, ranges_of
from migrator.data.turn import Turn

KEYS = st.integers(-(2**62), 2**62)


@given(low=KEYS, high=KEYS, parts=st.integers(1, 500))
def test_ranges_are_ascending_without_gaps_and_end_with_the_last_row(low: int, high: int, parts: int) -> None:
    ends = cut_evenly(low, high, parts)
    if high <= low:
        assert ends == ()
        return
    assert len(ends) == min(parts, high - low)
    assert ends[-1] == high
    assert all(one < other for one, other in zip((low, *ends), ends, strict=False))


@given(low=st.integers(-1000, 1000), width=st.integers(1, 3000), parts=st.integers(1, 64))
def test_ranges_are_of_one_width_to_within_a_row(low: int, width: int, parts: int) -> None:
    ends = cut_evenly(low, low + width, parts)
    widths = {other - one for one, other in zip((low, *ends), ends, strict=False)}
    assert max(widths) - min(widths) <= 1


@given(rows=st.integers(0, 10**9), workers=st.integers(1, 64))
def test_there_is_a_range_for_each_worker_where_there_are_rows_for_it(rows: int, workers: int) -> None:
    parts = parts_for(rows, workers)
    assert 1 <= parts <= max(workers, 8 * workers)
    assert parts >= min(rows, workers)
    assert parts <= max(1, rows)


@given(left=st.integers(1, 10**6), workers=st.integers(1, 64))
def test_what_is_left_is_shared_out_to_the_row(left: int, workers: int) -> None:
    given = shares(left, workers)
    assert (sum(given), len(given)) == (left, min(left, workers))
    assert min(given) >= 1


def test_ranges_lie_behind_each_other() -> None:
    made = ranges_of("m", (5,), [(10,), (20,)])
    assert made is not None
    assert [(one.low, one.high) for one in made] == [('[["i", 5]]', '[["i", 10]]'), ('[["i", 10]]', '[["i", 20]]')]
    assert ranges_of("m", None, [(object(),)]) is None
    assert ranges_of("m", None, []) == ()


def test_what_workers_did_at_the_same_time_is_added_and_took_as_long_as_the_longest() -> None:
    both = together([Turn(found=3, done=2), Turn(found=4, done=4, failed=1)])
    assert (both.found, both.done, both.failed) == (7, 6, 1)
