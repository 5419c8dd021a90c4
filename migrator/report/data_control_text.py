"""``migrator data ...`` for people."""

from __future__ import annotations

from collections.abc import Sequence

from migrator.model.data import DataControl, QuarantinedRow
from migrator.model.database import DatabaseIdentity
from migrator.report.data_text import duration_text, range_text, state_text, waived_text
from migrator.report.table import table

_SHOWN = 20
_COLUMNS = ("migration", "state", "done", "remaining", "rows/s", "time left", "batch", "throttled")


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
            _time_left(row),
            "" if row.progress.batch_size is None else str(row.progress.batch_size),
            duration_text(row.progress.throttled) if row.progress.throttled else "",
        )
        for row in rows
    ]
    return "\n".join([table(_COLUMNS, lines, width=width, right=_COLUMNS[2:]), *(n for r in rows for n in _notes(r))])


def _time_left(row: DataControl) -> str:
    if not row.progress.remaining:
        return ""
    return "not known yet" if row.progress.eta is None else range_text(row.progress.eta)


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
    return notes + _quarantine(row)


def _quarantine(row: DataControl) -> list[str]:
    """The rows in quarantine, or how many there are."""
    name, count = row.progress.name, row.progress.quarantined
    lines = [f"{name}: {_row(one)}" for one in row.quarantine[:_SHOWN]]
    if len(row.quarantine) > _SHOWN:
        lines.append(f"{name}: and {len(row.quarantine) - _SHOWN} rows more (all of them: --format json)")
    if row.progress.waived:
        lines.append(f"{name}: {waived_text(row.progress.waived, name)}")
    if not count:
        return lines
    said = f"{name}: {count} in quarantine; mend them, then migrator data retry {name}, or migrator data waive {name}"
    return [*lines, said if row.quarantine else f"{said} (which they are: migrator data status {name})"]


def _row(one: QuarantinedRow) -> str:
    what = " ".join(part for part in (one.error_class, one.error_code, one.constraint) if part)
    times = "once" if one.attempts == 1 else f"{one.attempts} times"
    waits = "" if one.parked else ", to be tried again"
    said = "" if one.waived_at is None else f"; waived {one.waived_at:%Y-%m-%d %H:%M} UTC by {one.waived_by}: "
    return f"row {', '.join(one.key)} failed {times}{waits}: {what}{said}{one.waived_reason}"
