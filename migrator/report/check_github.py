"""The check's findings as annotations of GitHub Actions.

Source: "Workflow commands for GitHub Actions", setting an error message; % and line ends are escaped in the text, and
: and , in properties as well.
"""

from __future__ import annotations

from migrator.model.finding import CheckReport, Finding
from migrator.report.check_text import looked_at


def render(report: CheckReport) -> str:
    """One workflow command a finding, and a last line that says how much was looked at."""
    notes = [f"::notice title=migrator check::{_text(note)}" for note in report.notes]
    return "\n".join([*(_command(one) for one in report.findings), *notes, looked_at(report)])


def _command(finding: Finding) -> str:
    where = f" (on {finding.dialect.replace(',', ', ')})" if finding.dialect else ""
    title = _property(f"migrator check: {finding.rule}{where}")
    text = _text(f"{finding.message}\nfix: {finding.remedy}\nsource: {finding.source}")
    return f"::{finding.severity} file={_property(finding.file)},line={finding.line or 1},title={title}::{text}"


def _text(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _text(text).replace(":", "%3A").replace(",", "%2C")
