"""Where a pass is cut into ranges: by arithmetic where the key is a dense number, else at keys that are looked up."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from migrator.data.table_rows import TableRows
from migrator.data.watermark import encode_any
from migrator.dialects.keys import Bound
from migrator.state.data_ranges import Range

RANGES_A_WORKER = 8
"""More ranges than workers, so that one who is early finds another."""

LEAST_ROWS = 100
"""Rows of a range, below which another one costs more than it brings."""

_DENSE = 4


def parts_for(rows: int, workers: int) -> int:
    """How many ranges a pass over so many rows is cut into: at least one for each worker, if there are as many rows."""
    return max(1, min(rows, workers, 10_000), min(rows // LEAST_ROWS, RANGES_A_WORKER * workers))


def cut_evenly(low: int, high: int, parts: int) -> tuple[int, ...]:
    """The upper ends of at most ``parts`` ranges behind ``low`` up to ``high``, ascending, the last one ``high``.

    Empty where there is nothing behind ``low``.
    """
    width = high - low
    if width <= 0:
        return ()
    count = max(1, min(parts, width))
    return tuple(low + width * number // count for number in range(1, count + 1))


def ends_of(connection: Connection, rows: TableRows, low: Bound | None, *, count: int, parts: int) -> Sequence[Bound]:
    """The upper ends of the ranges behind ``low``, in the order of the key.

    The last is the last row that is still to do now: what comes behind it later is the next pass's.

    Args:
        count: about how many rows are still to do.
    """
    first, last = rows.choose(connection, low, 1), rows.last(connection, low)
    if not first or last is None:
        return ()
    if _is_number(first[0]) and _is_number(last) and last[0] - first[0][0] < _DENSE * max(1, count):
        return tuple((end,) for end in cut_evenly(first[0][0] - 1, last[0], parts))
    ends: list[Bound] = []
    step = max(1, count // parts)
    at = low
    while len(ends) < parts - 1:
        found = rows.nth(connection, step, behind=at)
        if found is None or found == last:
            break
        ends.append(found)
        at = found
    return (*ends, last)


def ranges_of(name: str, low: Bound | None, ends: Sequence[Bound]) -> tuple[Range, ...] | None:
    """The ranges with these upper ends, as many; None where a key has no text."""
    if not ends:
        return ()
    texts = [encode_any(end) for end in ends]
    first = None if low is None else encode_any(low)
    if any(text is None for text in texts) or (low is not None and first is None):
        return None
    lows = [first, *texts[:-1]]
    pairs = zip(lows, texts, strict=True)
    return tuple(Range(migration=name, number=n, low=low, high=high or "") for n, (low, high) in enumerate(pairs))


def _is_number(key: Bound) -> bool:
    return len(key) == 1 and type(key[0]) is int
