"""Sessions that wait for a lock of ours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from migrator.data.throttle.signal import Asking, Scale
from migrator.dialects.throttle import ThrottleRules
from migrator.model.throttle import Light, Reading

MOST_BLOCKED = 0


@dataclass(frozen=True, kw_only=True)
class BlockedSessions:
    """Seen while a batch runs; the pause after it lets them through, and those that queue behind them."""

    rules: ThrottleRules
    sessions: Callable[[], Sequence[str]]
    limit: int = MOST_BLOCKED
    name: str = "blocked sessions"
    default: bool = True

    def read(self, asking: Asking) -> Reading:
        scale = Scale(signal=self.name, limit=self.limit, unit="sessions", default=self.default)
        ours = self.sessions()
        if not ours:
            return scale.reading(0)
        with asking() as connection:
            count = self.rules.blocked(connection, ours)
        if count is None:
            return scale.without(
                Light.NOT_SHOWN, f"the server doesn't show it to this role: {self.rules.remedy_blocked}"
            )
        return scale.reading(count, what=f"{count} waiting for our locks")
