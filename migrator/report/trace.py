"""What ``check --trace`` measured, for a person and as JSON's types."""

from __future__ import annotations

from typing import Any

from migrator.model.finding import CheckReport
from migrator.model.trace import TracedStatement


def trace_values(report: CheckReport) -> dict[str, Any]:
    """The server and each statement, with both verdicts."""
    return {
        "server": report.traced_on,
        "statements": [
            {
                "file": one.file,
                "line": one.line,
                "revision": one.revision,
                "statement": one.statement,
                "locks": {table: list(modes) for table, modes in one.measure.locks.items()},
                "rewritten": list(one.measure.rewritten),
                "scanned_under_lock": list(one.measure.scanned),
                "algorithm": one.measure.algorithm,
                "refused": one.measure.refused,
                "unsent": one.measure.unsent,
                "session": dict(one.measure.session),
                "row_versions": dict(one.measure.versions),
                "measured": _verdict(one),
                "blocks": list(one.measure.blocks),
                "static": list(one.rules),
                "agrees": one.agrees,
                "condition": one.condition,
            }
            for one in report.trace
        ],
    }


def trace_lines(report: CheckReport) -> str:
    """A block a statement: what it did, and what the rules said of it."""
    blocks = [f"traced on {report.traced_on}, in a database of its own, now dropped:"]
    blocks += ["\n".join(_lines(one)) for one in report.trace]
    if not report.trace:
        blocks.append("  no statement")
    return "\n".join(blocks)


def _lines(one: TracedStatement) -> list[str]:
    place = f"{one.file}:{one.line}" if one.line else one.file
    lines = [f"  {place}: {one.statement}"]
    modes = [f"{table} {' + '.join(held)}" for table, held in one.measure.locks.items()]
    facts = (
        ("locks", ", ".join(modes)),
        ("rewritten", ", ".join(one.measure.rewritten)),
        ("scanned", ", ".join(one.measure.scanned)),
        ("algorithm", one.measure.algorithm.replace(",", ", ")),
        ("refused", one.measure.refused),
        ("versions", ", ".join(f"{table} has {count} now" for table, count in one.measure.versions.items())),
        ("measured", _measured(one)),
        ("rules", ", ".join(one.rules) or "nothing found"),
        ("", "" if one.agrees else f"static and trace differ{f': {one.condition}' if one.condition else ''}"),
    )
    return [*lines, *(f"    {f'{name}:':<11}{text}" if name else f"    {text}" for name, text in facts if text)]


def _measured(one: TracedStatement) -> str:
    if one.measure.unsent:
        return f"not sent: {one.measure.unsent}"
    return "; ".join(one.measure.blocks) or ("" if one.measure.refused else "stops no traffic for long")


def _verdict(one: TracedStatement) -> str:
    if one.measure.refused:
        return "refused"
    if one.measure.unsent:
        return "unsent"
    return "blocks" if one.measure.blocks else "passes"
