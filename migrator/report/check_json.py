"""The check's findings as one JSON document."""

from __future__ import annotations

import json

from migrator.model.exit_code import ExitCode
from migrator.model.finding import CheckReport
from migrator.report.documents import document
from migrator.report.drift import drift_values
from migrator.report.findings import finding_values
from migrator.report.trace import trace_values


def render(report: CheckReport) -> str:
    """The document ``migrator/check@1``."""
    code = ExitCode.FINDINGS if report.failing else ExitCode.DONE
    first = report.failing[0] if report.failing else None
    content = {
        "findings": [finding_values(one) for one in report.findings],
        "suppressed": [finding_values(one) for one in report.suppressed],
        "checked": {
            "revisions": report.revisions,
            **({"files": report.files} if report.files else {}),
            "statements": report.statements,
            "dialects": report.dialects,
            **({"models": [drift_values(one) for one in report.drift]} if report.drift else {}),
        },
        **({"trace": trace_values(report)} if report.traced_on else {}),
        "notes": report.notes,
        "next": [first.remedy] if first else [],
    }
    return json.dumps(document("check", code, **content), indent=2, ensure_ascii=False)
