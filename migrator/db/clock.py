"""Time, as a seam: tests bring their own."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from typing import Protocol


class Clock(Protocol):
    """Monotonic time and waiting."""

    def monotonic(self) -> timedelta:
        """Time since some fixed moment; never goes back."""

    def wait(self, duration: timedelta) -> None:
        """Return after ``duration``, or at once when the run is asked to stop."""


class SystemClock:
    """The machine's clock; ``stop`` (optional) ends every wait."""

    def __init__(self, stop: threading.Event | None = None) -> None:
        self._stop = stop or threading.Event()

    def monotonic(self) -> timedelta:
        return timedelta(seconds=time.monotonic())

    def wait(self, duration: timedelta) -> None:
        self._stop.wait(duration.total_seconds())
