"""A clock that a test turns by hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta


@dataclass(kw_only=True)
class HandClock:
    """Stands still but for :meth:`pass_by` and for waits, which are over at once."""

    now: timedelta = field(default_factory=lambda: timedelta(hours=1))

    def monotonic(self) -> timedelta:
        return self.now

    def wait(self, duration: timedelta) -> None:
        self.now += duration

    def pass_by(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
