"""How fast it goes, and how long the rest takes: a range, and nothing before it is known."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import timedelta
from statistics import quantiles

_FEWEST = 3
_LATEST = 30


@dataclass(kw_only=True)
class Rates:
    """The latest batches of a data migration: rows done, by other processes too, and seconds since the batch before,
    rests and waits too."""

    samples: deque[tuple[int, float]] = field(default_factory=lambda: deque(maxlen=_LATEST))
    last: timedelta | None = None
    others: int = 0

    def add(self, done: int, *, at: timedelta, took: timedelta) -> None:
        """Note a batch that is committed ``at`` this moment and ``took`` so long."""
        since = took if self.last is None else max(took, at - self.last)
        self.last = at
        self.samples.append((done + self.others, since.total_seconds()))
        self.others = 0

    def beside(self, done: int) -> None:
        """Note what other processes did of it since the last batch: it counts to the time up to the next one."""
        self.others += done if self.samples else 0

    def eta(self, remaining: int) -> tuple[timedelta, timedelta] | None:
        """The least and the most time for ``remaining`` rows; None before three batches are known."""
        rates = [done / seconds for done, seconds in self.samples if seconds > 0]
        seconds = sum(one for _, one in self.samples)
        mean = sum(done for done, _ in self.samples) / seconds if seconds else 0.0
        if len(rates) < _FEWEST or not mean:
            return None
        slow, _, fast = quantiles(rates, n=4)
        # One batch that did nothing must not make the end infinitely far.
        slow, fast = max(min(slow, mean), mean / 4), max(fast, mean)
        return timedelta(seconds=remaining / fast), timedelta(seconds=remaining / slow)
