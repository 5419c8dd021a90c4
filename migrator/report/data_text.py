"""``online-data-migrations`` for people."""

from __future__ import annotations

from datetime import timedelta

from migrator.model.data import DataProgress, DataReport
from migrator.model.database import DatabaseIdentity
from migrator.report.table import table

_WORTH_SAYING = timedelta(seconds=1)
_COLUMNS = ("migration", "state", "found", "done", "failed", "remaining", "rows/s")


def data_text(database: DatabaseIdentity, report: DataReport, *, width: int | None) -> str:
    """The table at the end, what the exit code means, and the next command."""
    notes = [f"note: {note}" for note in report.notes]
    if not report.rows:
        return "\n".join([f"online-data-migrations: there are none for {database.label}", *notes])
    lines = [data_table(report, width=width), *notes]
    if report.interrupted:
        lines.append("stopped by a signal after the batch that was under way; nothing is lost")
    elif report.limited:
        lines.append("stopped at --max-count")
    elif report.out_of_time:
        lines.append("stopped at --max-time")
    lines.append(f"exit {int(report.exit_code)}: {report.exit_code.meaning}")
    if report.next:
        lines.append("next: " + "  or  ".join(report.next))
    return "\n".join(lines)


def data_table(report: DataReport, *, width: int | None) -> str:
    """A line a data migration, and what a person should know of single ones."""
    rows = [
        (
            row.name,
            state_text(row),
            str(row.found),
            str(row.done),
            str(row.failed),
            _remaining_text(row),
            "" if row.rate is None else f"{row.rate:,.0f}",
        )
        for row in report.rows
    ]
    notes = [f"{row.name}: {row.note}" for row in report.rows if row.note]
    notes += [
        f"{row.name}: {row.quarantined} in quarantine; migrator data status {row.name} says which and why"
        for row in report.rows
        if row.quarantined
    ]
    notes += [f"{row.name}: {waived_text(row.waived, row.name)}" for row in report.rows if row.waived]
    notes += [
        f"{row.name}: throttled for {duration_text(row.throttled)}, no part of rows/s"
        for row in report.rows
        if row.throttled >= _WORTH_SAYING
    ]
    return "\n".join([table(_COLUMNS, rows, width=width, right=_COLUMNS[2:]), *notes])


def _remaining_text(row: DataProgress) -> str:
    if row.remaining is None:
        return ""
    return f"about {row.remaining}" if row.reckoned else str(row.remaining)


def waived_text(count: int, name: str) -> str:
    """How many rows are waived, and what takes them up."""
    return f"{count} in quarantine {'is' if count == 1 else 'are'} waived; migrator data retry {name} tries again"


def state_text(row: DataProgress) -> str:
    """The state, with what it waits for, why it failed, and whether rows may be done twice."""
    text = row.state.value
    if row.waiting_for:
        text += f" for {', '.join(row.waiting_for)}"
    if row.error_class:
        code = f" {row.error_code}" if row.error_code else ""
        text += f" ({row.error_class}{code})"
    if row.commits_itself:
        text += " (at least once: it commits by itself)"
    return text


def progress_line(progress: DataProgress) -> str:
    """One line while it runs: ``flavor: 4,000 done, 16,000 left, 8,123 rows/s, 2 s to 3 s to go``."""
    parts = [f"{progress.done_ever:,} done"]
    if progress.failed:
        parts.append(f"{progress.failed:,} failed")
    if progress.quarantined:
        parts.append(f"{progress.quarantined:,} in quarantine")
    if progress.remaining is not None:
        parts.append(f"{progress.remaining:,} left")
    if progress.rate:
        parts.append(f"{progress.rate:,.0f} rows/s")
    parts.append(eta_text(progress.eta))
    if progress.throttled >= _WORTH_SAYING:
        parts.append(f"throttled {duration_text(progress.throttled)}")
    if progress.held_by:
        parts.append(f"waiting: {progress.held_by}")
    return f"{progress.name}: {', '.join(parts)}"


def eta_text(eta: tuple[timedelta, timedelta] | None) -> str:
    """A range, or that it isn't known yet."""
    return "time left not known yet" if eta is None else f"{range_text(eta)} to go"


def range_text(eta: tuple[timedelta, timedelta]) -> str:
    """The least and the most, or both in one where they are read alike."""
    least, most = (duration_text(one) for one in eta)
    return least if least == most else f"{least} to {most}"


def duration_text(duration: timedelta) -> str:
    """``5 s``, ``3 min``, ``2.5 h``: as exact as an estimate is."""
    seconds = duration.total_seconds()
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 100 * 60 else f"{seconds / 3600:.1f} h"
