"""What was done to a database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from migrator.model.phase import Phase
from migrator.model.revision import Revision


class Event(StrEnum):
    """``adopted``: found applied at first use; ``applied``: by us; ``stamped``: by plain Alembic or ``ledger sync``.

    ``forced``: a gate was passed although closed; ``waived``: rows of a data migration no longer hold contract up (no
    revision's event: its ``revision`` is empty).
    """

    ADOPTED = "adopted"
    APPLIED = "applied"
    STAMPED = "stamped"
    ABORTED = "aborted"
    FORCED = "forced"
    WAIVED = "waived"


@dataclass(frozen=True, kw_only=True)
class LedgerEntry:
    """One event.  ``at`` is UTC by the server's clock, None for an entry not written yet."""

    event: Event
    revision: str
    phase: Phase
    change: str
    down_revision: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    requires_data: tuple[str, ...] = ()
    description: str = ""
    digest: str = ""
    at: datetime | None = None
    duration: timedelta | None = None
    by: str = ""
    release: str = ""
    reason: str = ""

    @classmethod
    def of(
        cls,
        revision: Revision,
        event: Event,
        *,
        by: str,
        release: str,
        duration: timedelta | None = None,
        reason: str = "",
    ) -> LedgerEntry:
        """The entry that records ``event`` for a revision of these scripts."""
        return cls(
            event=event,
            revision=revision.id,
            phase=revision.phase,
            change=revision.change,
            down_revision=revision.down_revision,
            depends_on=revision.depends_on,
            requires_data=revision.requires_data,
            description=revision.message,
            digest=revision.digest,
            duration=duration,
            by=by,
            release=release,
            reason=reason,
        )


_TAKES_AWAY = frozenset({Event.ABORTED})
_PUTS_THERE = frozenset({Event.ADOPTED, Event.APPLIED, Event.STAMPED})


def applied_entries(entries: tuple[LedgerEntry, ...]) -> dict[str, LedgerEntry]:
    """Revision → the entry that put it there, for those not taken back since; ``entries`` in the order of writing."""
    found: dict[str, LedgerEntry] = {}
    for entry in entries:
        if entry.event in _PUTS_THERE:
            found[entry.revision] = entry
        elif entry.event in _TAKES_AWAY:
            found.pop(entry.revision, None)
    return found
