"""Sessions that run a statement, against the server's cores."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from migrator.data.throttle.signal import Asking, Scale
from migrator.dialects.throttle import ThrottleRules
from migrator.model.throttle import Light, Reading

DEFAULT_CORES = 8
PER_CORE = 2


@dataclass(frozen=True, kw_only=True)
class Load:
    """More than two running statements a core queue for it.  No server tells its cores, so they are a setting."""

    rules: ThrottleRules
    cores: int = DEFAULT_CORES
    ours: Callable[[], Sequence[str]] = tuple
    name: str = "active sessions"
    default: bool = True

    def read(self, asking: Asking) -> Reading:
        scale = Scale(signal=self.name, limit=PER_CORE * self.cores, unit="sessions", default=self.default)
        with asking() as connection:
            active = self.rules.active(connection, self.ours())
        if active is None:
            return scale.without(
                Light.NOT_SHOWN, f"the server doesn't show it to this role: {self.rules.remedy_active}"
            )
        return scale.reading(active.count, what=f"{active.count} active on {self.cores} cores")
