"""Drift that the settings accept by name, with a reason; what they accept in vain is a finding itself."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from migrator.check.places import shown_path
from migrator.check.rule import Family
from migrator.check.suppressions import UNUSED, WITHOUT_REASON
from migrator.model.finding import Finding, Severity
from migrator.model.phase import Phase

_SOURCE = "reasoning: a suppression tells the next reader why"


@dataclass(frozen=True, kw_only=True)
class AllowedDrift:
    """``entries``: the name of a part, as findings give it → why it may differ.

    ``setting`` is the key that they stand under, ``file`` the project's configuration file.
    """

    setting: str
    file: Path
    entries: Mapping[str, str] = field(default_factory=dict)

    def sorted(self, findings: Iterable[Finding]) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
        """(findings that stand, those that an entry with a reason holds back)."""
        stand, held = list[Finding](), list[Finding]()
        for one in findings:
            (held if one.about and self.entries.get(one.about, "").strip() else stand).append(one)
        return tuple(stand), tuple(held)

    def mistakes(self, used: Collection[str]) -> Iterator[Finding]:
        """Entries without a reason, and those that held nothing back; ``used`` are the names that did."""
        for name, reason in self.entries.items():
            if not reason.strip():
                message = f"{self.setting} accepts the drift of {name} without a reason, so it counts for nothing"
                remedy = f'say why:  "{name}" = "..."  or take it out'
                yield self._finding(WITHOUT_REASON, Severity.ERROR, name, message, remedy)
            elif name not in used:
                message = f"{self.setting} accepts the drift of {name}, and holds nothing back"
                remedy = "take it out, or write it into allow_database_drift where it is so on a database only"
                yield self._finding(UNUSED, Severity.WARNING, name, message, remedy)

    def _finding(self, rule: str, severity: Severity, name: str, message: str, remedy: str) -> Finding:
        file, line = _place(self.file, name)
        return Finding(
            rule=rule,
            family=Family.DRIFT.value,
            severity=severity,
            phase=Phase.EXPAND,
            message=message,
            remedy=remedy,
            source=_SOURCE,
            file=shown_path(file),
            line=line,
        )


def _place(config_file: Path, name: str) -> tuple[Path, int]:
    """The line that names it, in this file or in the other one that is read; line 1 where a variable does."""
    for file in (config_file, config_file.with_name("pyproject.toml"), config_file.with_name("alembic.ini")):
        lines = file.read_text(errors="replace").splitlines() if file.is_file() else []
        for number, line in enumerate(lines, 1):
            if name in line and not line.startswith("["):
                return file, number
    return config_file, 1
