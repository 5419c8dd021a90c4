"""Before the first statement: refuse what `migrator check` would have refused in CI, and show what would be sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from sqlalchemy import Connection

from migrator.check.judge import judge, judge_fully
from migrator.check.places import shown_path
from migrator.check.situation import Made
from migrator.check.small_tables import SmallTables
from migrator.check.suppressions import applying
from migrator.dialects.planning import Lookup, Request, planner
from migrator.errors import FindingsError
from migrator.executor.emptiness import all_empty
from migrator.executor.journaling import READS, head_of
from migrator.executor.smallness import Smallness
from migrator.model.finding import Finding, Severity
from migrator.model.phase import Phase
from migrator.model.plan import Plan, PlannedStep, TableFacts, TableName, shown_table
from migrator.model.report import PlannedRevision, TableSize
from migrator.model.revision import Revision
from migrator.scripts.environment import Target
from migrator.scripts.recorder import record_history
from migrator.scripts.recording import RecordedItem, Recording


def recorded(
    target: Target, revisions: Sequence[Revision], *, follow_unknowns: bool = False
) -> Mapping[str, Recording]:
    """Revision id → what it would do on this database, without asking or changing it.

    Args:
        follow_unknowns: every way that it might take, where that hangs on rows; else the one that finds none.
    """
    return record_history(
        target.project.graph,
        target.database.pack.name,
        target_metadata=target.environment.target_metadata,
        arguments=target.environment.arguments,
        config=target.project.config,
        until=[one.id for one in revisions],
        follow_unknowns=follow_unknowns,
    )


def refuse_destructive(target: Target, revisions: Sequence[Revision]) -> None:
    """Judge pending expand revisions by the rules, without asking the database: the small tables are taken for small.

    Raises:
        FindingsError: something in them is destructive, breaks running code, or can't be read; ``findings`` holds all.
    """
    recordings = recorded(target, revisions, follow_unknowns=True)
    found: list[Finding] = []
    for revision in revisions:
        findings = judge(recordings[revision.id], dialect=target.database.pack.name, small=_small(target))
        found.extend(one for one in findings if one.severity is Severity.ERROR)
    if found:
        first = found[0]
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        raise FindingsError(
            f"{first.file}:{first.line}: [{first.rule}] {first.message}{more}; nothing was applied",
            remedy=f"{first.remedy}; `migrator check` shows all findings",
            findings=tuple(found),
        )


def refuse_blocking(target: Target, revisions: Sequence[Revision]) -> None:
    """Plan pending revisions on the database as it is now.

    Called when nothing of an earlier run runs any more: it reads whether tables are empty, and would queue behind it.

    Raises:
        FindingsError: something would stop traffic for as long as a table is large, and isn't allowed by name.
    """
    wanted = [one for one in revisions if one.phase is not Phase.TRUNK]
    recordings = recorded(target, wanted)
    for planned in _planned(target, [recordings[one.id] for one in wanted]):
        planned.refuse_blocking()
    _refuse_outgrown(target, [recordings[one.id] for one in wanted if one.phase is Phase.EXPAND])


@dataclass(frozen=True, kw_only=True)
class _Planned:
    """The plans of one revision's statements, with the call that sends each, and what is known of the tables.

    ``harmful`` are the plans on which traffic would wait for long, with what else there is to say of their tables.
    """

    recording: Recording
    plans: tuple[tuple[RecordedItem, Plan], ...]
    facts: Mapping[TableName, TableFacts | None]
    harmful: Mapping[Plan, str]

    def refuse_blocking(self) -> None:
        today = datetime.now(UTC).date()
        for item, plan in self.plans:
            blocking = plan.blocking
            if blocking is None or plan not in self.harmful:
                continue
            if applying(blocking.rule, self.recording, item.suppressions, today):
                continue
            raise FindingsError(
                f"{shown_path(item.file)}:{item.line}: [{blocking.rule}] {blocking.message}{self.harmful[plan]};"
                " nothing was applied",
                remedy=(
                    f"{blocking.remedy}; or, where that is acceptable, allow it in the revision:"
                    f'  allow = {{"{blocking.rule}": "why it is safe"}}'
                ),
                revision=self.recording.revision.id,
                rule=blocking.rule,
            )

    @property
    def steps(self) -> tuple[PlannedStep, ...]:
        return tuple(step for _, plan in self.plans for step in plan.steps)

    @property
    def depends_from(self) -> int | None:
        count = 0
        for item, plan in self.plans:
            if item.asked:
                return count
            count += len(plan.steps)
        return None

    @property
    def sizes(self) -> tuple[TableSize, ...]:
        return tuple(
            TableSize(table=shown_table(table), rows=known.rows, bytes=known.bytes)
            for table, known in sorted(self.facts.items(), key=lambda one: (one[0][0] or "", one[0][1]))
            if known is not None
        )


def _planned(target: Target, recordings: Sequence[Recording]) -> Iterator[_Planned]:
    """Plan on the database as it is now: what a pending revision before changes is not seen yet."""
    rules = planner(target.database.pack.name)
    with target.database.autocommit("plan") as connection:
        capabilities = rules.capabilities(connection)
        for recording in recordings:
            facts: dict[TableName, TableFacts | None] = {}

            def lookup(
                schema: str | None, table: str, facts: dict[TableName, TableFacts | None] = facts
            ) -> TableFacts | None:
                if (schema, table) not in facts:
                    facts[(schema, table)] = rules.facts(connection, schema, table)
                return facts[(schema, table)]

            plans = tuple((item, rules.plan(request, capabilities, lookup)) for item, request in _requests(recording))
            smallness = Smallness(connection=connection, small=_small(target), facts=lookup)
            harmful = {
                plan: smallness.why_not(plan)
                for _, plan in plans
                if plan.blocking is not None and not _nobody_waits(connection, plan, lookup, smallness)
            }
            for table in {table for _, plan in plans for table in plan.tables}:
                lookup(*table)
            yield _Planned(recording=recording, plans=plans, facts=facts, harmful=harmful)


def _nobody_waits(connection: Connection, plan: Plan, lookup: Lookup, smallness: Smallness) -> bool:
    """Whether all its tables are empty or not there yet, or known to be small."""
    there = [table for table in plan.tables if lookup(*table) is not None]
    nothing = bool(plan.tables) and (not there or all_empty(connection, there))
    return nothing or smallness.excuses(plan)


def _small(target: Target) -> SmallTables:
    return SmallTables.of(target.project.settings.small_tables)


def _refuse_outgrown(target: Target, recordings: Iterable[Recording]) -> None:
    """Raise FindingsError for what the check excused because of a table that isn't small here."""
    dialect, small = target.database.pack.name, _small(target)
    excused = [one for one in recordings if judge_fully(one, dialect=dialect, small=small).excused]
    if not excused:
        return
    with target.database.autocommit("plan") as connection:
        smallness = Smallness(connection=connection, small=small, facts=partial(planner(dialect).facts, connection))
        grown = {table: why for table in sorted(small.names, key=shown_table) if (why := smallness.outgrown(table))}
    left = SmallTables(names=small.names - grown.keys())
    for recording in excused:
        passed = judge(recording, dialect=dialect, small=small)
        for one in judge(recording, dialect=dialect, small=left):
            if one not in passed and one.severity is Severity.ERROR:
                raise FindingsError(
                    f"{one.file}:{one.line}: [{one.rule}] {one.message}; {'; '.join(grown.values())};"
                    " nothing was applied",
                    remedy=f"{one.remedy}; and take the table out of small_tables",
                    revision=recording.revision.id,
                    rule=one.rule,
                )


def _requests(recording: Recording) -> Iterator[tuple[RecordedItem, Request]]:
    made = Made()
    for item in recording.items:
        for sent in item.sent:
            if head_of(sent.sql) not in READS:
                yield (
                    item,
                    Request(
                        sql=sent.sql,
                        operations=sent.operations,
                        raw=sent.raw,
                        new_tables=frozenset(made.tables),
                    ),
                )
            for operation in sent.operations:
                made.learn(operation)


def plan(target: Target, revisions: Sequence[Revision]) -> tuple[PlannedRevision, ...]:
    """The steps that the revisions would become, in order, without sending any."""
    recordings = recorded(target, revisions)
    rules = planner(target.database.pack.name)
    lock_timeout = target.project.settings.lock_timeout
    return tuple(
        PlannedRevision(
            revision=one.recording.revision.id,
            phase=one.recording.revision.phase,
            change=one.recording.revision.change,
            message=one.recording.revision.message,
            steps=one.steps,
            script=rules.script(one.steps, lock_timeout),
            depends_from=one.depends_from if one.recording.conditional else None,
            sizes=one.sizes,
            lock_timeout=lock_timeout,
            note=_note(one.recording),
        )
        for one in _planned(target, [recordings[revision.id] for revision in revisions])
    )


def _note(recording: Recording) -> str:
    if recording.error is not None:
        return "this revision raised while it was recorded: its statements are not all here"
    if recording.conditional:
        return "this revision asks the database: what it really sends may differ"
    return ""
