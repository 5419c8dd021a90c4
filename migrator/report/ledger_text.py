"""``ledger`` for people."""

from __future__ import annotations

from collections.abc import Sequence

from migrator.model.database import DatabaseIdentity
from migrator.model.ledger import LedgerEntry
from migrator.report.phase_text import milliseconds
from migrator.report.table import table

_COLUMNS = ("at (UTC)", "event", "phase", "revision", "change", "took", "release", "by", "reason")


def ledger_text(database: DatabaseIdentity, entries: Sequence[LedgerEntry], *, width: int | None) -> str:
    """A line an entry, oldest first, and how many there are."""
    if not entries:
        return f"the ledger of {database.label} is empty: migrator has not written to this database yet"
    rows = [
        (
            entry.at.strftime("%Y-%m-%d %H:%M:%S") if entry.at else "",
            entry.event.value,
            entry.phase.value,
            entry.revision,
            entry.change,
            milliseconds(entry.duration) if entry.duration is not None else "",
            entry.release,
            entry.by,
            entry.reason,
        )
        for entry in entries
    ]
    count = f"{len(entries)} entr{'y' if len(entries) == 1 else 'ies'} on {database.label}"
    return f"{table(_COLUMNS, rows, width=width)}\n{count}"


def sync_text(database: DatabaseIdentity, added: Sequence[str], removed: Sequence[str]) -> str:
    """What was recorded."""
    if not added and not removed:
        return f"ledger and version table of {database.label} agree"
    lines = [f"recorded as applied:    {one}" for one in added]
    lines.extend(f"recorded as taken back: {one}" for one in removed)
    return "\n".join(lines)
