"""The check's findings as SARIF 2.1.0, for code scanning.

Source: OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0".
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import PurePath
from urllib.parse import quote

from migrator.model.finding import CheckReport, Finding
from migrator.report.check_gitlab import fingerprint
from migrator.report.check_text import looked_at

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def render(report: CheckReport) -> str:
    """One log with one run."""
    rules = list(dict.fromkeys(one.rule for one in report.findings))
    seen: Counter[str] = Counter()
    run = {
        "tool": {"driver": {"name": "migrator", "version": _version(), "rules": _rules(report.findings)}},
        "invocations": [
            {
                "executionSuccessful": True,
                "toolExecutionNotifications": [
                    {"level": "note", "message": {"text": text}} for text in (*report.notes, looked_at(report))
                ],
            }
        ],
        "columnKind": "unicodeCodePoints",
        "results": [_result(one, rules.index(one.rule), seen) for one in report.findings],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False)


def _version() -> str:
    try:
        return version("migrator-alembic")
    except PackageNotFoundError:  # run from a checkout that nobody installed
        return "0"


def _rules(findings: Sequence[Finding]) -> list[dict[str, object]]:
    first = {one.rule: one for one in reversed(findings)}
    return [
        {
            "id": rule,
            "shortDescription": {"text": rule.replace("-", " ")},
            "help": {"text": f"migrator explain {rule}"},
            "properties": {"tags": [first[rule].family]},
        }
        for rule in dict.fromkeys(one.rule for one in findings)
    ]


def _result(finding: Finding, index: int, seen: Counter[str]) -> dict[str, object]:
    where = f" (on {finding.dialect.replace(',', ', ')})" if finding.dialect else ""
    return {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": finding.severity.value,
        "message": {"text": f"{finding.message}{where}\nfix: {finding.remedy}\nsource: {finding.source}"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": _uri(finding.file)},
                    "region": {"startLine": finding.line or 1},
                }
            }
        ],
        "partialFingerprints": {"migratorFinding/v1": fingerprint(finding, seen)},
    }


def _uri(file: str) -> str:
    path = PurePath(file)
    return path.as_uri() if path.is_absolute() else quote(path.as_posix())
