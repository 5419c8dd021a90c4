"""``migrator data ...`` for people."""

from __future__ import annotations

from collections.abc import Sequence

from migrator.model.data import DataControl
from migrator.model.database import DatabaseIdentity
from migrator.report.data_text import duration_text, state_text
from migrator.report.table import table

_COLUMNS = ("migration", "state", "done", "remaining", "rows/s", "batch", "throttled")


def control_text(database: DatabaseIdentity, rows: Sequence[DataControl], *, width: int | None) -> str:
    """A line a data migration, and why those that wait do."""
    if not rows:
        return f"{database.label}: there are no data migrations"
    lines = [
        (
            row.progress.name,
            state_text(row.progress),
            str(row.progress.done),
            "" if row.progress.remaining is None else f"about {row.progress.remaining}",
            "" if row.progress.rate is None else f"{row.progress.rate:,.0f}",
            "" if row.progress.batch_size is None else str(row.progress.batch_size),
            duration_text(row.progress.throttled) if row.progress.throttled else "",
        )
        for row in rows
    ]
    return "\n".join([table(_COLUMNS, lines, width=width, right=_COLUMNS[2:]), *(n for r in rows for n in _notes(r))])


def changed_text(row: DataControl, after: Sequence[str]) -> str:
    """What it is now, and the next command."""
    return "\n".join([f"{row.progress.name}: {state_text(row.progress)}", *_notes(row), f"next: {after[0]}"])


def _notes(row: DataControl) -> list[str]:
    notes: list[str] = []
    if row.progress.held_by:
        notes.append(f"{row.progress.name}: waiting: {row.progress.held_by}")
    if row.ratio:
        left = f" for {duration_text(row.ratio_left)}" if row.ratio_left is not None else " until changed"
        notes.append(f"{row.progress.name}: throttled by hand{left}: ratio {row.ratio:g}")
    return notes
