"""How many rows the next batch takes: a pure function of what the batches before took.

A batch aims at three quarters of the target time, since a longer one holds its row locks, and a replica, for longer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from statistics import fmean, pstdev

DEFAULT_TARGET = timedelta(milliseconds=500)
AIM = 0.75
"""The share of the target that a batch aims at."""

FIRST = 100
"""Rows of the first batch, before anything is known."""

_WINDOW = 16
_START_GROWTH = 2.0
_GROWTH = 1.25
_SLOW = 0.9
_USELESS = 4
_HELPED = 0.67


@dataclass(frozen=True, kw_only=True)
class Sizer:
    """The size of the next batch, from 1 to ``most`` rows.

    ``costs`` are seconds a row of the latest full batches, ``starting`` holds until the first one that isn't quick.
    ``trouble`` is size and seconds of the first of several slow batches in a row.  Where a quarter of the rows takes
    nearly as long, the time isn't the rows': then ``least`` keeps the batches from shrinking to single rows, each of
    which would cost that time.
    """

    most: int
    size: int
    target: timedelta = DEFAULT_TARGET
    costs: tuple[float, ...] = ()
    starting: bool = True
    trouble: tuple[int, float] | None = None
    least: int = 1

    def after(self, rows: int, took: timedelta) -> Sizer:
        """The sizer after a batch of ``rows`` rows whose statements took so long, waits for its turn left out."""
        if rows < 1:
            return self
        seconds, target = took.total_seconds(), self.target.total_seconds()
        if seconds > _SLOW * target:
            return self._slower(rows, seconds, target)
        known = replace(self, trouble=None, least=1)
        return known._grown(rows, seconds, AIM * target) if rows >= self.size else known

    def bounded(self, most: int) -> Sizer:
        """The same with ``most`` rows for the largest batch."""
        return replace(self, most=most, size=min(self.size, most), least=min(self.least, most))

    def fitting(self, rows: int) -> Sizer:
        """The sizer where no more rows than these fit into a batch for now."""
        return replace(self, size=min(self.size, rows), least=min(self.least, rows), starting=False)

    def refused(self) -> Sizer:
        """The sizer after a lock timeout or a deadlock: fewer rows meet fewer others."""
        return replace(self, size=max(self.least, self.size // 2), starting=False)

    def _slower(self, rows: int, seconds: float, target: float) -> Sizer:
        cut = AIM * target / seconds
        if seconds > target:
            cut = min(cut, 0.5)
        size, least = max(1, int(rows * cut)), self.least
        trouble = self.trouble or (rows, seconds)
        if rows * _USELESS <= trouble[0] and seconds > _HELPED * trouble[1]:
            least = max(least, rows)
        return replace(
            self,
            size=min(self.size, max(size, least)),
            # What rows cost before it got slow says nothing any more.
            costs=(seconds / rows,) if seconds > target else (*self.costs, seconds / rows)[-_WINDOW:],
            starting=False,
            trouble=trouble,
            least=least,
        )

    def _grown(self, rows: int, seconds: float, aim: float) -> Sizer:
        costs = (*self.costs, seconds / rows)[-_WINDOW:]
        # While it doubles, the batches before tell more of the fixed cost of a batch than of a row.
        cost = costs[-1] if self.starting else fmean(costs) + pstdev(costs)
        wanted = aim / cost if cost > 0 else float(self.most)
        growth = _START_GROWTH if self.starting else _GROWTH
        size = self.size
        if wanted > size:
            size = int(min(wanted, max(size * growth, size + 1), self.most))
        return replace(self, size=size, costs=costs, starting=self.starting and wanted > self.size * _START_GROWTH)


def first_sizer(*, most: int, target: timedelta = DEFAULT_TARGET, learned: int | None = None) -> Sizer:
    """The sizer of a run's first batch.

    Args:
        most: rows of the largest batch.
        learned: the size that an earlier run came to; it is not doubled from, but grown with care.
    """
    size = FIRST if learned is None else learned
    return Sizer(most=most, size=max(1, min(size, most)), target=target, starting=learned is None)
