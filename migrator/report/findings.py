"""A finding as JSON's types."""

from __future__ import annotations

from typing import Any

from migrator.model.finding import Finding


def finding_values(finding: Finding) -> dict[str, Any]:
    """The finding's fields in the order of the schema."""
    return {
        "rule": finding.rule,
        "family": finding.family,
        "severity": finding.severity.value,
        "phase": finding.phase.value,
        "dialect": finding.dialect,
        "file": finding.file,
        "line": finding.line,
        "revision": finding.revision,
        "statement": finding.statement,
        "message": finding.message,
        "condition": finding.condition,
        "remedy": finding.remedy,
        "source": finding.source,
    }
