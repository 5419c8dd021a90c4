"""The order in which several workers take the tests: what takes long comes first, and ends with none alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")

# A walk takes seconds, a test of a part a few hundredths.
FOLDERS = ("tests/walk", "tests/cli", "tests/integration", "tests/unit")


def rank(path: str, *, slow: bool) -> tuple[bool, int]:
    """Sorts the tests that take longest to the front; ``path`` is from the root of the checkout."""
    known = [number for number, folder in enumerate(FOLDERS) if path.startswith(f"{folder}/")]
    return (not slow, known[0] if known else 0)


def dealt(items: Sequence[T], workers: int, by: Callable[[T], tuple[bool, int]]) -> list[T]:
    """The items, sorted, as hands of cards: xdist gives each worker one run of neighbours to begin with.

    Each hand begins with long tests and ends with short ones, which those who are done take over.
    """
    longest_first = sorted(items, key=by)
    return [one for worker in range(workers) for one in longest_first[worker::workers]]
