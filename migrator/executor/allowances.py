"""What a running revision is allowed by name, with a reason."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from migrator.model.revision import Revision
from migrator.model.suppression import Suppression
from migrator.scripts.allowing import open_suppressions


@dataclass(kw_only=True)
class Allowances:
    """The one suppression of check and executor: ``migrator.allow(...)`` blocks and the module's ``allow = {...}``."""

    revision: Revision
    used: dict[str, str] = field(default_factory=dict)
    """Rule → reason of those that let something through."""

    def holds(self, rule: str) -> bool:
        """Whether the rule is allowed where the revision stands now."""
        today = datetime.now(UTC).date()
        for one in self._all():
            if one.rule == rule and one.holds(today):
                self.used[rule] = one.reason
                return True
        return False

    def note(self, rule: str, reason: str) -> None:
        """Something else than a suppression let it through."""
        self.used[rule] = reason

    @property
    def text(self) -> str:
        """For the ledger: ``allowed drop-table: reason; ...``; empty when nothing was needed."""
        return "; ".join(f"allowed {rule}: {reason}" for rule, reason in self.used.items())

    def _all(self) -> Iterator[Suppression]:
        yield from open_suppressions()
        for rule, reason in self.revision.allow.items():
            yield Suppression(rule=rule, reason=reason)
