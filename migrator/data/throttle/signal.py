"""What every throttle signal is."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import Connection

from migrator.model.throttle import Light, Reading

Asking = Callable[[], AbstractContextManager[Connection]]
"""Opens the watcher's connection for one question; it commits each statement."""


class Signal(Protocol):
    """A reason to make room.  Read every quarter of a second, from one thread."""

    @property
    def name(self) -> str:
        """Shown to people and in JSON; unique."""

    @property
    def default(self) -> bool:
        """Whether ``--full-speed`` switches it off: true only for what came without a setting of the user's."""

    def read(self, asking: Asking) -> Reading:
        """Ask now.

        Raises:
            MigratorError: it can't be read, which stops the work.
        """


@dataclass(frozen=True, kw_only=True)
class Scale:
    """A number with a limit: red above it."""

    signal: str
    limit: float
    unit: str
    default: bool

    def reading(self, value: float, *, what: str = "") -> Reading:
        """What a value means; ``what`` says it in words, for a person."""
        over = value > self.limit
        said = what or f"{_text(value)} {self.unit}".strip()
        return Reading(
            signal=self.signal,
            light=Light.RED if over else Light.GREEN,
            value=value,
            limit=self.limit,
            unit=self.unit,
            reason=f"{said}, more than {_text(self.limit)}" if over else "",
            default=self.default,
        )

    def without(self, light: Light, reason: str) -> Reading:
        """There is no value, and why."""
        return Reading(
            signal=self.signal, light=light, limit=self.limit, unit=self.unit, reason=reason, default=self.default
        )


def _text(value: float) -> str:
    return f"{value:g}" if abs(value) < 1e6 else f"{value:,.0f}"
