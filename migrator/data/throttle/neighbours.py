"""Whether others use the server, by a few looks between batches: then a polite run rests longer."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from migrator.data.throttle.signal import Asking
from migrator.db.clock import Clock
from migrator.dialects.throttle import ThrottleRules
from migrator.errors import MigratorError

EVERY = timedelta(milliseconds=250)
LOOKS = 4
"""At a time: short statements are there at one moment and not at the next."""

_REMEMBERED = 16
_BETWEEN = timedelta(milliseconds=2)


@dataclass(kw_only=True)
class Neighbours:
    """Sessions beside those of migrator that run a statement while no batch of this run does.

    Where the server doesn't show them, or can't be asked, there are some; ``hidden`` says what then has to be granted.
    """

    rules: ThrottleRules
    asking: Asking
    clock: Clock
    ours: Callable[[], Sequence[str]] = tuple
    hidden: str = ""
    _seen: deque[bool] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))
    _next: timedelta = field(default_factory=timedelta)

    def there(self) -> bool:
        """Whether any of the latest looks met one; looks again four times a second.  Call it between batches only."""
        if not self.rules.has_sessions:
            return False
        if self.clock.monotonic() >= self._next:
            try:
                self._look()
            except MigratorError:
                self._seen.append(True)  # a connection that was lost is the next batch's trouble
            self._next = self.clock.monotonic() + EVERY
        return any(self._seen)

    def _look(self) -> None:
        with self.asking() as connection:
            for look in range(LOOKS):
                if look:
                    self.clock.wait(_BETWEEN)
                active = self.rules.active(connection, self.ours())
                self._seen.append(active is None or active.count > 0)
                self.hidden = "" if active is not None and active.sure else self.rules.remedy_active
