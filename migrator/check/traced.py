"""The static verdict beside the measured one: where they differ, the worse one counts and the difference is named."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from migrator.check.rule import Family
from migrator.check.rules import all_rules
from migrator.model.finding import CheckReport, Finding, Severity
from migrator.model.phase import Phase
from migrator.model.trace import TracedStatement

RULE = "trace-differs"
_Place = tuple[str, int, str]
"""File, line, and in a file of SQL the statement: an operation of a revision may become several."""
_SOURCE = "measured by migrator check --trace on {server}"


def with_trace(
    report: CheckReport, traced: Sequence[TracedStatement], *, server: str, dialect: str, phases: Mapping[str, Phase]
) -> CheckReport:
    """The report with what was measured, and a finding for each statement that stopped traffic unforeseen.

    Args:
        traced: the statements that are judged, in order.
        server: name and version, for messages.
        phases: revision → its phase; the empty revision stands for files of SQL.
    """
    rules = _rules_at(report)
    blocked = {_place(one) for one in traced if _is_heavy(one)}
    told = [_compared(one, rules.get(_place(one), ()), blocked) for one in traced]
    found = [_finding(one, phases[one.revision], server, dialect) for one in told if not one.agrees and _is_heavy(one)]
    unseen = dict.fromkeys(f"{one.file}:{one.line}" for one in told if not one.agrees and not _is_heavy(one))
    notes = [
        f"static and trace differ at {place}: the rules say that it stops traffic, and on {server} it didn't;"
        " the static verdict stands, since another server, session, or the rows may tell otherwise"
        for place in unseen
    ]
    findings = sorted((*report.findings, *found), key=lambda one: (one.file, one.line))
    return replace(report, findings=tuple(findings), notes=(*report.notes, *notes), trace=tuple(told), traced_on=server)


def _place(one: Finding | TracedStatement) -> _Place:
    return one.file, one.line, "" if one.revision else one.statement


def _rules_at(report: CheckReport) -> Mapping[_Place, tuple[Finding, ...]]:
    places: dict[_Place, tuple[Finding, ...]] = {}
    for one in (*report.findings, *report.suppressed):
        place = _place(one)
        places[place] = (*places.get(place, ()), one)
    return places


def _compared(one: TracedStatement, found: Iterable[Finding], blocked: set[_Place]) -> TracedStatement:
    errors = [finding for finding in found if finding.severity is Severity.ERROR]
    lasting = {rule.id for rule in all_rules() if rule.family is Family.LOCK and not rule.momentary}
    foretold = any(finding.rule in lasting for finding in errors)
    rules = tuple(dict.fromkeys(finding.rule for finding in found))
    known = bool(errors) or (one.foreseen and one.measure.beside_traffic)
    agrees = known if _is_heavy(one) else not foretold or _place(one) in blocked
    return replace(one, rules=rules, agrees=agrees)


def _is_heavy(one: TracedStatement) -> bool:
    return bool(one.measure.blocks or one.measure.refused)


def _finding(one: TracedStatement, phase: Phase, server: str, dialect: str) -> Finding:
    what = "; ".join(one.measure.blocks)
    if one.measure.refused:
        what = f"the server refuses it ({one.measure.refused}), so that the run would stop here"
    return Finding(
        rule=RULE,
        family=Family.LOCK.value,
        severity=Severity.ERROR,
        phase=phase,
        message=f"static and trace differ: no rule finds an error here, and on {server} it was measured: {what}",
        remedy="give it its online form, or let traffic rest while it runs; and report it: a rule is missing",
        source=_SOURCE.format(server=server),
        dialect=dialect,
        file=one.file,
        line=one.line,
        revision=one.revision,
        statement=one.statement,
    )
