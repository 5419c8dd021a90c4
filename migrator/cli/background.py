"""A call that may hang in a driver's C code, given up on without waiting for its end."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

Result = TypeVar("Result")


def within(call: Callable[[], Result], limit: timedelta) -> Result:
    """Run ``call`` in a thread of its own.

    The caller goes on waiting in Python, where a signal is seen at once.  What hangs is left behind, and doesn't keep
    the process from ending.

    Returns:
        What ``call`` returned.

    Raises:
        TimeoutError: it hasn't returned within ``limit``.
        Exception: whatever it raised.
    """
    answers: queue.SimpleQueue[tuple[Result | None, Exception | None]] = queue.SimpleQueue()

    def answer() -> None:
        try:
            answers.put((call(), None))
        except Exception as error:  # noqa: BLE001  it is raised in the thread that waits
            answers.put((None, error))

    threading.Thread(target=answer, daemon=True).start()
    try:
        result, error = answers.get(timeout=max(limit.total_seconds(), 0))
    except queue.Empty:
        raise TimeoutError from None
    if error is not None:
        raise error
    return result  # type: ignore[return-value]  # None only where the call returned it
