"""``expand``, ``contract`` and ``upgrade`` for people."""

from __future__ import annotations

from datetime import timedelta

from migrator.model.report import AppliedRevision, BlockedRevision, PhaseReport, PlannedRevision


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
    """Only the SQL; notes as comments."""
    lines: list[str] = []
    for one in report.planned:
        lines.append(f"-- {one.phase.value} {one.revision}: {one.message}")
        if one.note:
            lines.append(f"-- {one.note}")
        lines.extend(f"{statement.rstrip().rstrip(';')};" for statement in one.statements)
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
    for number, statement in enumerate(one.statements, 1):
        body = "\n       ".join(statement.strip().splitlines())
        lines.append(f"  {number:>3}. {body}")
    if not one.statements:
        lines.append("       (no statement)")
    return "\n".join(lines)
