"""The check's findings as GitLab's code quality report.

Source: GitLab documentation, "Code Quality", report format: an array of issues, each with description, check_name,
fingerprint, severity and location.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter

from migrator.model.finding import CheckReport, Finding, Severity

_SEVERITIES = {Severity.ERROR: "critical", Severity.WARNING: "minor"}


def render(report: CheckReport) -> str:
    """One array; empty without findings."""
    seen: Counter[str] = Counter()
    return json.dumps([_issue(one, seen) for one in report.findings], indent=2, ensure_ascii=False)


def _issue(finding: Finding, seen: Counter[str]) -> dict[str, object]:
    return {
        "description": f"{finding.message}; fix: {finding.remedy}",
        "check_name": finding.rule,
        "fingerprint": fingerprint(finding, seen),
        "severity": _SEVERITIES[finding.severity],
        "location": {"path": finding.file, "lines": {"begin": finding.line or 1}},
    }


def fingerprint(finding: Finding, seen: Counter[str]) -> str:
    """The same for the same finding when lines move; equal ones in a file are counted."""
    parts = (finding.rule, finding.file, finding.revision, finding.dialect, finding.statement)
    plain = "\0".join(parts)
    seen[plain] += 1
    return hashlib.sha256(f"{plain}\0{seen[plain]}".encode()).hexdigest()
