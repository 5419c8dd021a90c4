"""Judge what a revision does: every operation by every rule, then the suppressions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

from migrator.check.pasting import InContract
from migrator.check.places import shown_path
from migrator.check.planned import Planning, problem_of, rebuilding
from migrator.check.rule import Family, Problem, Rule
from migrator.check.rules import all_rules
from migrator.check.situation import Made, Situation
from migrator.check.suppressions import applying
from migrator.check.unfollowed import conditions, raised, unfollowed
from migrator.dialects.checking import Traits, check_rules
from migrator.model.finding import Finding, Severity
from migrator.model.operation import CreateObject, ObjectKind, Operation
from migrator.model.phase import Phase
from migrator.model.suppression import Suppression
from migrator.scripts.recording import RecordedItem, RecordedWay, Recording

_LONGEST = 160


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """Findings of one revision on one dialect; ``used`` are the suppressions that held one back."""

    findings: tuple[Finding, ...] = ()
    suppressed: tuple[Finding, ...] = ()
    used: frozenset[Suppression] = field(default_factory=frozenset)


def judge(
    recording: Recording, *, dialect: str, today: date | None = None, planning: Planning | None = None
) -> tuple[Finding, ...]:
    """What the rules say of one revision on one dialect, without what is suppressed with a reason.

    A revision of the trunk is history and isn't judged.

    Args:
        dialect: ``postgresql``, ``mysql``, ``mariadb`` or ``sqlite``.
        today: for suppressions that expire; None asks the clock.
        planning: asks the planner too; None where the executor asks it itself, over the real catalogue.

    Returns:
        Findings in the order of the revision's own lines; may be empty.
    """
    return judge_fully(recording, dialect=dialect, today=today, planning=planning).findings


def judge_fully(
    recording: Recording,
    *,
    dialect: str,
    today: date | None = None,
    planning: Planning | None = None,
    made: Made | None = None,
) -> Judgement:
    """As :func:`judge`, with what was suppressed and by what.

    Args:
        planning: asks the planner too; None where the executor asks it itself, over the real catalogue.
        made: what was created before and is used by nobody yet; grows.
    """
    if recording.revision.phase is Phase.TRUNK:
        return Judgement()
    traits = check_rules(dialect).traits
    day = today or datetime.now(UTC).date()
    findings: list[Finding] = []
    suppressed: list[Finding] = []
    used: set[Suppression] = set()
    for finding, around in _every_way(recording, traits, planning, Made() if made is None else made):
        by = applying(finding.rule, recording, around, day)
        (suppressed if by else findings).append(finding)
        used.update(by)
    return Judgement(findings=tuple(findings), suppressed=tuple(suppressed), used=frozenset(used))


_Found = tuple[Finding, tuple[Suppression, ...]]


def _every_way(recording: Recording, traits: Traits, planning: Planning | None, made: Made) -> Iterator[_Found]:
    """The findings of all ways through the revision, each once, with what must be so for those that hang on it."""
    ways = recording.all_ways
    before = [made, *(deepcopy(made) for _ in ways[1:])]
    found: dict[_Found, list[RecordedWay]] = {}
    for way, so_far in zip(ways, before, strict=True):
        for one in dict.fromkeys(_raw(recording, way, traits, planning, so_far)):
            found.setdefault(one, []).append(way)
    for (finding, around), where in found.items():
        yield replace(finding, message=f"{finding.message}{conditions(ways, where)}"), around
    yield from ((one, ()) for one in unfollowed(recording, traits))


def _raw(
    recording: Recording, way: RecordedWay, traits: Traits, planning: Planning | None, made: Made
) -> Iterator[_Found]:
    made.committed()
    created = _last_created(way)
    for number, item in enumerate(way.items):
        plans = planning.plans(item, frozenset(made.tables), text=recording.text) if planning is not None else ()
        blocking = next((one.blocking for one in plans if one.blocking is not None), None)
        if blocking is None and recording.text:
            blocking = rebuilding(plans, item.statements[0])
        told: set[str] = set()
        for operation in item.operations:
            situation = Situation(
                traits=traits,
                phase=recording.revision.phase,
                made=made,
                autocommit=item.autocommit,
                raw=any(sent.raw for sent in item.sent),
                in_file=recording.text,
                before=item.before,
                blocking=blocking,
                statement=item.operations,
                number=number,
                last_created=created,
                in_transaction=item.in_transaction,
                text=item.statements[0] if item.statements else "",
            )
            for rule, problem, severity in _problems(operation, situation):
                if blocking is not None and blocking.rule == rule.id and rule.id in told:
                    continue
                told.add(rule.id)
                if recording.text and blocking is not None and blocking.rule == rule.id:
                    problem = replace(problem, sql=problem_of(blocking, traits).sql)
                yield _finding(recording, item, operation, rule, problem, severity, traits), item.suppressions
            made.learn(operation)
        if item.autocommit:
            made.committed()
        if blocking is not None and blocking.rule not in told:
            rule, problem = _unruled(blocking.rule), problem_of(blocking, traits)
            yield (
                _finding(recording, item, next(iter(item.operations), None), rule, problem, Severity.ERROR, traits),
                item.suppressions,
            )
    if way.error is not None and not way.stopped:
        yield raised(recording, way.error, traits), ()


def _last_created(way: RecordedWay) -> dict[tuple[ObjectKind, str | None, str], int]:
    return {
        (one.kind, one.schema, one.name): number
        for number, item in enumerate(way.items)
        for one in item.operations
        if isinstance(one, CreateObject)
    }


def _unruled(id: str) -> Rule:
    """A refusal of the planner's that no rule of this phase tells: it counts all the same."""
    return Rule(id=id, family=Family.LOCK, find=lambda operation, situation: None)


def _problems(operation: Operation, situation: Situation) -> Iterator[tuple[Rule, Problem, Severity]]:
    for rule in all_rules():
        if rule.dialects and situation.traits.name not in rule.dialects:
            continue
        severity = rule.phases.get(situation.phase)
        problem = rule.find(operation, situation) if severity is not None else None
        if problem is not None and severity is not None:
            yield rule, problem, severity


def _finding(
    recording: Recording,
    item: RecordedItem,
    operation: Operation | None,
    rule: Rule,
    problem: Problem,
    severity: Severity,
    traits: Traits,
) -> Finding:
    # A batch's statements come without operations: those stand before them, one by one.
    statement = item.statements[0] if item.statements else type(operation).__name__
    return Finding(
        rule=rule.id,
        family=rule.family.value,
        severity=problem.severity or severity,
        phase=recording.revision.phase,
        message=problem.message,
        remedy=_remedy(recording, problem, statement),
        source=problem.source or rule.source or traits.alter_source,
        dialect=traits.name,
        file=shown_path(item.file),
        line=item.line,
        revision=recording.revision.id,
        statement=shown_statement(statement),
    )


def _remedy(recording: Recording, problem: Problem, statement: str) -> str:
    if not recording.text:
        return problem.remedy
    if isinstance(problem.remedy, InContract):
        return problem.remedy.as_sql(shown_statement(statement))
    return problem.sql or problem.remedy


def shown_statement(sql: str) -> str:
    """A statement for a report: one line, cut, text literals blanked."""
    line = re.sub(r"'(?:[^']|'')*'", "'…'", " ".join(sql.split()))
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
