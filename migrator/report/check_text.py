"""The check's findings for a person."""

from __future__ import annotations

from migrator.model.finding import CheckReport, Finding
from migrator.report.drift import drift_text
from migrator.report.trace import trace_lines


def render(report: CheckReport) -> str:
    """Each finding with its place, what is wrong, and the fix; then one line that says how much was looked at."""
    blocks = [trace_lines(report)] if report.traced_on else []
    blocks += [_finding(one) for one in report.findings]
    blocks += [f"note: {note}" for note in report.notes]
    return "\n\n".join([*blocks, _last_line(report)])


def _finding(finding: Finding) -> str:
    place = f"{finding.file}:{finding.line}" if finding.line else finding.file
    where = f" (on {finding.dialect.replace(',', ', ')})" if finding.dialect else ""
    lines = [f"{place}: {finding.severity} [{finding.rule}]{where}", f"  {finding.message}"]
    if finding.statement:
        lines.append(f"  statement: {finding.statement}")
    return "\n".join([*lines, f"  fix:       {finding.remedy}", f"  source:    {finding.source}"])


def _last_line(report: CheckReport) -> str:
    errors = len(report.errors)
    warnings = len(report.findings) - errors
    looked = looked_at(report)
    held = f", {counted(len(report.suppressed), 'finding')} allowed with a reason" if report.suppressed else ""
    if not report.findings:
        return f"no findings: {looked}{held}"
    return f"{counted(errors, 'error')}, {counted(warnings, 'warning')}: {looked}{held}"


def looked_at(report: CheckReport) -> str:
    """How much was looked at."""
    parts = (
        counted(report.files, "file") if report.files else counted(report.revisions, "revision"),
        counted(report.statements, "statement"),
        counted(len(report.dialects), "database"),
    )
    compared = "".join(f"; {drift_text(one)}" for one in report.drift)
    return f"{', '.join(parts)} checked ({', '.join(report.dialects)}){compared}"


def counted(number: int, noun: str) -> str:
    """``1 revision``, ``2 revisions``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
