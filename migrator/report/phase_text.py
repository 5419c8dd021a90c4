"""``expand``, ``contract`` and ``upgrade`` for people."""

from __future__ import annotations

from datetime import timedelta

from migrator.model.plan import Blocks, PlannedStep, shown_table
from migrator.model.report import AppliedRevision, BlockedRevision, PhaseReport, PlannedRevision, TableSize
from migrator.report.services_text import unready_line


def applied_line(applied: AppliedRevision) -> str:
    """``applied  expand    b71e  user full name (12 ms)``."""
    return (
        f"applied  {applied.phase.value:<8}  {applied.revision}  {applied.message} ({milliseconds(applied.duration)})"
    )


def blocked_lines(blocked: BlockedRevision) -> str:
    """The revision and each closed gate with its remedy."""
    lines = [f"closed   {blocked.phase.value:<8}  {blocked.revision}  {blocked.message}"]
    for gate in blocked.gates:
        lines.append(f"         {gate.name}: {gate.why}" + (f"  ->  {gate.remedy}" if gate.remedy else ""))
        lines.extend(f"           {unready_line(one)}" for one in gate.services)
    return "\n".join(lines)


def summary(report: PhaseReport) -> str:
    """The last lines: what was done in all, what a person should know, and the next command."""
    lines = [_headline(report), *(f"note: {note}" for note in report.notes)]
    if report.next:
        lines.append("next: " + "  or  ".join(report.next))
    return "\n".join(lines)


def planned_text(report: PhaseReport) -> str:
    """A dry run: the statements of each revision, or that there are none."""
    if not report.planned:
        return f"{report.command}: nothing is pending on {report.database.label}"
    return "\n\n".join(_plan(one) for one in report.planned)


def planned_sql(report: PhaseReport) -> str:
    """Only the SQL, for somebody who runs it by hand; notes as comments."""
    lines: list[str] = []
    for one in report.planned:
        lines.append(f"-- {one.phase.value} {one.revision}: {one.message}")
        if one.note:
            lines.append(f"-- {one.note}")
        lines.extend(one.script)
        lines.append(
            f"-- then tell the version table and the ledger:  alembic stamp {one.revision}; migrator ledger sync"
        )
    return "\n".join(lines)


def milliseconds(duration: timedelta) -> str:
    """``12 ms``, ``1.2 s``."""
    ms = duration / timedelta(milliseconds=1)
    return f"{ms:.0f} ms" if ms < 1000 else f"{ms / 1000:.1f} s"


def _headline(report: PhaseReport) -> str:
    where = f"on {report.database.label}"
    if report.blocked:
        return (
            f"{report.command}: {_count(len(report.applied))} applied, closed at {report.blocked[0].revision} {where}"
        )
    if report.applied:
        total = sum((one.duration for one in report.applied), timedelta())
        return f"{report.command}: {_count(len(report.applied))} applied in {milliseconds(total)} {where}"
    if report.pending:
        return f"{report.command}: nothing applied, {_count(len(report.pending))} pending {where}"
    return f"{report.command}: nothing to do {where}"


def _count(number: int) -> str:
    return f"{number} revision{'' if number == 1 else 's'}"


def _plan(one: PlannedRevision) -> str:
    lines = [f"{one.phase.value} {one.revision}  {one.message}  (change {one.change})"]
    if one.note:
        lines.append(f"  note: {one.note}")
    for number, step in enumerate(one.steps):
        if number == one.depends_from:
            lines.append("       from here on it depends on what the step before it did, or on what is in the database")
        body = "\n       ".join(step.sql.strip().splitlines())
        lines.append(f"  {number + 1:>3}. {body}")
        lines.append(f"         {_guards(step, one)}")
        if step.note:
            lines.append(f"         note: {step.note}")
    if not one.steps:
        lines.append("       (no statement)")
    sizes = [_size(size) for size in one.sizes]
    if sizes:
        lines.append(f"       estimates: {'; '.join(sizes)}")
    return "\n".join(lines)


def _guards(step: PlannedStep, one: PlannedRevision) -> str:
    """In which transaction, which lock, what that blocks, how long it is waited for, what is read or written."""
    words = [
        "outside a transaction" if step.outside else "in a transaction of its own" if step.alone else "in a transaction"
    ]
    if step.lock:
        held = f"{step.lock}{' on ' + ', '.join(shown_table(table) for table in step.tables) if step.tables else ''}"
        words.append(f"{held}: blocks {step.blocks.value}{'' if _lasts(step) else ' for a moment'}")
        seconds = f"{one.lock_timeout.total_seconds():g} s"
        words.append(
            f"waits for its lock up to {seconds}" if step.bounded else "no lock timeout: it lets traffic through"
        )
    if step.rewrites:
        words.append("rewrites the table")
    elif step.scans:
        words.append("scans the table")
    return "; ".join(words)


def _lasts(step: PlannedStep) -> bool:
    return step.blocks is Blocks.NOTHING or step.scans or step.rewrites


def _size(size: TableSize) -> str:
    rows = "unknown" if size.rows is None else f"{size.rows:,}"
    space = "" if size.bytes is None else f", {size.bytes / 2**20:,.0f} MiB"
    return f"{size.table} {rows} rows{space}"
