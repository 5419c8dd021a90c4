"""Judge what a revision does: every operation by every rule, then the suppressions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import partial

from migrator.check.held_locks import HeldLocks
from migrator.check.pasting import InContract
from migrator.check.places import shown_path
from migrator.check.planned import Planning, problem_of, rebuilding
from migrator.check.rule import Family, Problem, Rule
from migrator.check.rules import all_rules
from migrator.check.situation import Made, Situation
from migrator.check.small_tables import SmallTables, locked_tables
from migrator.check.suppressions import applying
from migrator.check.unfollowed import conditions, raised, unfollowed
from migrator.dialects.checking import Traits, check_rules
from migrator.model.finding import Finding, Severity
from migrator.model.operation import CreateObject, ObjectKind, Operation, TransactionControl
from migrator.model.phase import Phase
from migrator.model.suppression import Suppression
from migrator.scripts.recording import RecordedItem, RecordedWay, Recording

_LONGEST = 160
NONE_SMALL = SmallTables()


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """Findings of one revision on one dialect; ``used`` are the suppressions that held one back.

    ``suppressed`` are held back by a reason, ``excused`` by the size of their table.
    """

    findings: tuple[Finding, ...] = ()
    suppressed: tuple[Finding, ...] = ()
    excused: tuple[Finding, ...] = ()
    used: frozenset[Suppression] = field(default_factory=frozenset)


def judge(
    recording: Recording,
    *,
    dialect: str,
    today: date | None = None,
    planning: Planning | None = None,
    small: SmallTables = NONE_SMALL,
) -> tuple[Finding, ...]:
    """What the rules say of one revision on one dialect, without what is suppressed with a reason.

    A revision of the trunk is history and isn't judged, but for code that hung or ended the process.

    Args:
        dialect: ``postgresql``, ``mysql``, ``mariadb`` or ``sqlite``.
        today: for suppressions that expire; None asks the clock.
        planning: asks the planner too; None where the executor asks it itself, over the real catalogue.
        small: tables that are known to be small.

    Returns:
        Findings in the order of the revision's own lines; may be empty.
    """
    return judge_fully(recording, dialect=dialect, today=today, planning=planning, small=small).findings


def judge_fully(
    recording: Recording,
    *,
    dialect: str,
    today: date | None = None,
    planning: Planning | None = None,
    made: Made | None = None,
    small: SmallTables = NONE_SMALL,
) -> Judgement:
    """As :func:`judge`, with what was suppressed and by what.

    Args:
        planning: asks the planner too; None where the executor asks it itself, over the real catalogue.
        made: what was created before and is used by nobody yet; grows.
        small: tables that are known to be small.
    """
    traits = check_rules(dialect).traits
    day = today or datetime.now(UTC).date()
    if recording.revision.phase is Phase.TRUNK:
        return _history(recording, traits, day)
    findings: list[Finding] = []
    suppressed: list[Finding] = []
    excused: list[Finding] = []
    used: set[Suppression] = set()
    context = _Context(recording=recording, traits=traits, planning=planning, small=small)
    for one in _every_way(context, Made() if made is None else made):
        by = applying(one.finding.rule, recording, one.around, day)
        (suppressed if by else excused if one.excused else findings).append(one.finding)
        used.update(by)
    return Judgement(
        findings=tuple(findings), suppressed=tuple(suppressed), excused=tuple(excused), used=frozenset(used)
    )


def _history(recording: Recording, traits: Traits, day: date) -> Judgement:
    """Not judged; but what it makes is missing in the schema that the others see, where its code could not be run."""
    if recording.error is None or not recording.error.unrun:
        return Judgement()
    finding = raised(recording, recording.error, traits)
    by = applying(finding.rule, recording, (), day)
    return Judgement(suppressed=(finding,), used=frozenset(by)) if by else Judgement(findings=(finding,))


@dataclass(frozen=True, kw_only=True)
class _Context:
    """What is the same for all of one judgement."""

    recording: Recording
    traits: Traits
    planning: Planning | None
    small: SmallTables


@dataclass(frozen=True, kw_only=True)
class _Found:
    """A finding, the suppressions around it, and whether the size of its table excuses it."""

    finding: Finding
    around: tuple[Suppression, ...] = ()
    excused: bool = False


def _every_way(context: _Context, made: Made) -> Iterator[_Found]:
    """The findings of all ways through the revision, each once, with what must be so for those that hang on it."""
    ways = context.recording.all_ways
    before = [made, *(deepcopy(made) for _ in ways[1:])]
    found: dict[_Found, list[RecordedWay]] = {}
    for way, so_far in zip(ways, before, strict=True):
        for one in dict.fromkeys(_raw(context, way, so_far)):
            found.setdefault(one, []).append(way)
    for one, where in found.items():
        yield replace(one, finding=replace(one.finding, message=f"{one.finding.message}{conditions(ways, where)}"))
    yield from (_Found(finding=one) for one in unfollowed(context.recording, context.traits))


def _raw(context: _Context, way: RecordedWay, made: Made) -> Iterator[_Found]:
    recording, traits, planning, small = context.recording, context.traits, context.planning, context.small
    made.committed()
    created = _last_created(way)
    locks = HeldLocks(traits, text=recording.text)
    for number, item in enumerate(way.items):
        plans = planning.plans(item, frozenset(made.tables), text=recording.text) if planning is not None else ()
        blocking = next((one.blocking for one in plans if one.blocking is not None), None)
        if blocking is None and recording.text:
            blocking = rebuilding(plans, item.statements[0])
        told: set[str] = set()
        under = locks.before(item, plans, made.tables)
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
                under=under,
                rest=partial(_rest, way if recording.text else RecordedWay(), number),
                text=item.statements[0] if item.statements else "",
            )
            for rule, problem, severity in _problems(operation, situation):
                if blocking is not None and blocking.rule == rule.id and rule.id in told:
                    continue
                told.add(rule.id)
                if recording.text and blocking is not None and blocking.rule == rule.id:
                    problem = replace(problem, sql=problem_of(blocking, traits).sql)
                yield _Found(
                    finding=_finding(recording, item, operation, rule, problem, severity, traits),
                    around=item.suppressions,
                    excused=problem.family is None and small.excuse(rule, locked_tables(operation)),
                )
            made.learn(operation)
        if item.autocommit:
            made.committed()
        if blocking is not None and blocking.rule not in told:
            rule, problem = _unruled(blocking.rule), problem_of(blocking, traits)
            first = next(iter(item.operations), None)
            yield _Found(
                finding=_finding(recording, item, first, rule, problem, Severity.ERROR, traits),
                around=item.suppressions,
                excused=small.excuse(blocking.rule, (table for plan in plans for table in plan.tables)),
            )
    if way.error is not None and not way.stopped:
        yield _Found(finding=raised(recording, way.error, traits))


def _last_created(way: RecordedWay) -> dict[tuple[ObjectKind, str | None, str], tuple[int, CreateObject]]:
    return {
        (one.kind, one.schema, one.name): (number, one)
        for number, item in enumerate(way.items)
        for one in item.operations
        if isinstance(one, CreateObject)
    }


def _rest(way: RecordedWay, number: int) -> Iterator[Operation]:
    for item in way.items[number + 1 :]:
        if item.autocommit or any(isinstance(one, TransactionControl) for one in item.operations):
            return
        yield from item.operations


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
        family=(problem.family or rule.family).value,
        severity=problem.severity or severity,
        phase=recording.revision.phase,
        message=f"{problem.message} ({problem.condition})" if problem.condition else problem.message,
        remedy=_remedy(recording, problem, statement),
        source=problem.source or rule.source or traits.alter_source,
        dialect=traits.name,
        file=shown_path(item.file),
        line=item.line,
        revision=recording.revision.id,
        statement=shown_statement(statement),
        condition=problem.condition,
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
