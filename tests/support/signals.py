"""Throttle signals that say what a test wants."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from migrator.data.throttle.signal import Asking
from migrator.errors import DatabaseError
from migrator.model.throttle import Light, Reading


@dataclass(kw_only=True)
class Scripted:
    """``says`` is asked at each reading, with its number from 0."""

    says: Callable[[int], Light | None]
    name: str = "scripted"
    default: bool = False
    read_count: int = 0

    def read(self, asking: Asking) -> Reading:
        """None stands for a question that fails."""
        light = self.says(self.read_count)
        self.read_count += 1
        if light is None:
            raise DatabaseError("secret text of a driver", error_class="OperationalError", code="57014")
        return Reading(signal=self.name, light=light, reason="too much" if light.stops else "", default=self.default)


def always(light: Light | None) -> Scripted:
    """The same answer each time."""
    return Scripted(says=lambda _: light)
