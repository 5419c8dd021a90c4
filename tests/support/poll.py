"""Waiting for something to become true, with a deadline."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(question: Callable[[], T | None], *, within: float = 10.0, every: float = 0.01, what: str = "") -> T:
    """Ask until the answer is true, and return it.

    Args:
        question: asked again and again.
        within: seconds.
        every: seconds between two questions.
        what: for the message of the AssertionError when time is up.
    """
    deadline = time.monotonic() + within
    while True:
        answer = question()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within:g} s: {what or question}")
        time.sleep(every)
