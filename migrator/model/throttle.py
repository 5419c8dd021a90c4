"""What a throttle signal said."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum


class Light(StrEnum):
    """Whether a signal lets batches run.

    ``unknown``: it can't be read, or was read too long ago; that stops.  ``not shown``: the server doesn't show it to
    this role; it is said once, stops nothing, and counts as nothing.  ``absent``: there is nothing to see (no replica).
    """

    GREEN = "green"
    RED = "red"
    UNKNOWN = "unknown"
    NOT_SHOWN = "not shown"
    ABSENT = "absent"

    @property
    def stops(self) -> bool:
        return self in (Light.RED, Light.UNKNOWN)


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One answer of a signal.

    Attributes:
        signal: its name: ``blocked sessions``, ``replica lag of db2:5432``.
        value: what it is now, in ``unit``; None where it isn't known.
        limit: what it may be at most.
        age: how old the answer is.
        reason: why it stops, or isn't shown; for a person.
        default: whether it came by itself and not by a setting of the user's.
    """

    signal: str
    light: Light
    value: float | None = None
    limit: float | None = None
    unit: str = ""
    age: timedelta = field(default_factory=timedelta)
    reason: str = ""
    default: bool = False
