"""Follow every way through something whose course hangs on unknowns, one run each."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from migrator.dialects.way import Choice, Way

MOST_WAYS = 32
Result = TypeVar("Result")


@dataclass(frozen=True, kw_only=True)
class Followed(Generic[Result]):
    """The result of each way, the first one first; ``left`` is a choice whose other answer was not tried any more."""

    results: tuple[Result, ...]
    left: Choice | None = None


def follow(file: str, run: Callable[[Way], Result], *, several: bool = False) -> Followed[Result]:
    """Run again and again until each choice has been taken each way, 32 times at most; anew, once, where ``several``
    turns out to be so.

    A line that asks more than once, in a loop, answers alike each time; then each single answer is tried the other way.
    So is a second row after the first.

    Args:
        file: the revision's own, as Python compiled it.
        several: whether a second row may lead elsewhere than the first; a way that finds out that it may turns it on.
    """
    queue: deque[tuple[tuple[int, ...], Choice | None]] = deque([((), None)])
    later: deque[tuple[tuple[int, ...], Choice | None]] = deque()
    results: list[Result] = []
    while queue or later:
        script, flipped = (queue or later).popleft()
        if len(results) == MOST_WAYS:
            return Followed(results=tuple(results), left=flipped)
        way = Way(file=file, script=script, several=several)
        results.append(run(way))
        if way.several and not several:
            return follow(file, run, several=True)
        strays = any(choice.deviates for choice in way.taken[: len(script)])
        for place in range(len(script), len(way.taken)):
            choice = way.taken[place]
            if choice.repeated and strays:
                continue
            before = tuple(one.answer for one in way.taken[:place])
            others = (other for other in range(len(choice.answers)) if other != choice.answer)
            (later if choice.repeated or choice.is_of_second else queue).extend(
                ((*before, other), choice) for other in others
            )
    return Followed(results=tuple(results))
