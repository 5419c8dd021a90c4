"""The static verdict beside the measured one: where they differ, the worse one counts and the difference is named."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
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

    A finding that the measurement doesn't bear out stays, and says under which settings it was measured.

    Args:
        traced: the statements that are judged, in order.
        server: name and version, for messages.
        phases: revision → its phase; the empty revision stands for files of SQL.
    """
    rules = _rules_at(report)
    blocked = {_place(one) for one in traced if _is_heavy(one)}
    told = [_compared(one, rules.get(_place(one), ()), blocked) for one in traced]
    found = [_finding(one, phases[one.revision], server, dialect) for one in told if not one.agrees and _is_heavy(one)]
    unseen = {_place(one): one for one in told if not one.agrees and not _is_heavy(one)}
    kept = [_measured_otherwise(one, unseen.get(_place(one)), server) for one in report.findings]
    findings = sorted((*kept, *found), key=lambda one: (one.file, one.line))
    notes = (*report.notes, *_notes(unseen.values(), told, server))
    return replace(report, findings=tuple(findings), notes=notes, trace=tuple(told), traced_on=server)


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
    foretold = [finding for finding in errors if _is_lasting(finding)]
    rules = tuple(dict.fromkeys(finding.rule for finding in found))
    if one.measure.unsent:
        return replace(one, rules=rules, agrees=True)
    if _is_heavy(one):
        return replace(one, rules=rules, agrees=bool(errors) or (one.foreseen and one.measure.beside_traffic))
    agrees = not foretold or _place(one) in blocked
    condition = "" if agrees else next((finding.condition for finding in foretold if finding.condition), "")
    return replace(one, rules=rules, agrees=agrees, condition=condition)


def _is_heavy(one: TracedStatement) -> bool:
    return bool(one.measure.blocks or one.measure.refused)


def _is_lasting(finding: Finding) -> bool:
    """Whether it is about a lock that is held for as long as a table is big."""
    momentary = any(rule.id == finding.rule and rule.momentary for rule in all_rules())
    return finding.family == Family.LOCK.value and not momentary


def _measured_otherwise(finding: Finding, unseen: TracedStatement | None, server: str) -> Finding:
    if unseen is None or finding.severity is not Severity.ERROR or not _is_lasting(finding):
        return finding
    return replace(finding, message=f"{finding.message}; {_measured(unseen, server)}, and the worse counts")


def _measured(one: TracedStatement, server: str) -> str:
    session = ", ".join(f"{name}={value}" for name, value in one.measure.session.items())
    return f"on {server}{f' with {session}' if session else ''} it was measured to stop no traffic for long"


def _notes(unseen: Iterable[TracedStatement], told: Iterable[TracedStatement], server: str) -> Iterator[str]:
    for place in dict.fromkeys(f"{one.file}:{one.line}" for one in unseen if not one.condition):
        yield (
            f"static and trace differ at {place}: the rules say that it stops traffic, and on {server} it didn't;"
            " the static verdict stands, and no setting is known that explains it: report it with both"
        )
    for one in told:
        if one.measure.unsent:
            yield f"not measured: {one.file}:{one.line}, which was not sent: {one.measure.unsent}"


def _finding(one: TracedStatement, phase: Phase, server: str, dialect: str) -> Finding:
    what = "; ".join(one.measure.blocks)
    remedy = "give it its online form, or let traffic rest while it runs; and report it: a rule is missing"
    if one.measure.refused:
        what = f"the server doesn't do it ({one.measure.refused}), so that the run would stop here"
        remedy = "write it as this server takes it, after what it needs; nothing behind it was measured"
    return Finding(
        rule=RULE,
        family=Family.LOCK.value,
        severity=Severity.ERROR,
        phase=phase,
        message=f"static and trace differ: no rule finds an error here, and on {server} it was measured: {what}",
        remedy=remedy,
        source=_SOURCE.format(server=server),
        dialect=dialect,
        file=one.file,
        line=one.line,
        revision=one.revision,
        statement=one.statement,
    )
