"""A finding that somebody accepted, with a reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, kw_only=True)
class Suppression:
    """One rule allowed at one place; ``expires`` is the last day on which it counts, None for always.

    ``misspelt`` is how a comment begins that only looks like a suppression, which has no reason then.
    """

    rule: str
    reason: str
    expires: date | None = None
    file: str = ""
    line: int = 0
    misspelt: str = ""

    def holds(self, today: date) -> bool:
        """Whether it counts: it has a reason and has not expired."""
        return bool(self.reason.strip()) and (self.expires is None or today <= self.expires)
