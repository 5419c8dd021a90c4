"""What a run tells while it goes on."""

from __future__ import annotations

from typing import Protocol

from migrator.model.report import AppliedRevision, BlockedRevision
from migrator.model.revision import Revision


class Listener(Protocol):
    """Gets progress in the order of events; returns at once."""

    def starting(self, revision: Revision) -> None: ...

    def applied(self, applied: AppliedRevision) -> None: ...

    def blocked(self, blocked: BlockedRevision) -> None: ...

    def note(self, text: str) -> None: ...


class Silent:
    """Hears nothing."""

    def starting(self, revision: Revision) -> None:
        """Nothing."""

    def applied(self, applied: AppliedRevision) -> None:
        """Nothing."""

    def blocked(self, blocked: BlockedRevision) -> None:
        """Nothing."""

    def note(self, text: str) -> None:
        """Nothing."""
