"""Try again after a lock timeout or a deadlock: the only errors that are known to have done nothing."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from migrator.db.clock import Clock
from migrator.errors import DeadlockError, LockTimeoutError

_LONGEST_PAUSE = timedelta(seconds=30)
_GROWTH = 1.5
Result = TypeVar("Result")


def retrying(
    clock: Clock,
    action: Callable[[], Result],
    *,
    budget: timedelta,
    pause: timedelta,
    growth: float = _GROWTH,
    say: Callable[[LockTimeoutError | DeadlockError, timedelta], None] = lambda _error, _pause: None,
) -> Result:
    """Run ``action`` until it is through or ``budget`` is used up.

    Args:
        pause: the first pause; not shorter than the lock timeout, so that clients who queue behind our waiting
            statement run for at least half of the time.  Pauses grow to 30 s and carry jitter.
        growth: how many times as long each pause is as the one before.
        say: told of each failure and the pause that follows.

    Raises:
        LockTimeoutError, DeadlockError: the last one, when the budget is used up.
    """
    deadline = clock.monotonic() + budget
    while True:
        try:
            return action()
        except (LockTimeoutError, DeadlockError) as error:
            wait = min(pause, _LONGEST_PAUSE) * random.uniform(1.0, 1.5)
            if clock.monotonic() + wait > deadline:
                raise
            say(error, wait)
            clock.wait(wait)
            pause = min(pause * growth, _LONGEST_PAUSE)
