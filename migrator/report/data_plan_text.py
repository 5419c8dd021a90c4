"""A dry run of online data migrations for people."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from migrator.model.data_plan import Access, DataDryRun, DataPlan, PlannedStatement
from migrator.model.database import DatabaseIdentity
from migrator.report.data_text import duration_text

_WORTH_A_RANGE = timedelta(seconds=1)


def data_plan_text(database: DatabaseIdentity, run: DataDryRun) -> str:
    """What each data migration would do, and that nothing was done."""
    if not run.plans:
        return f"online-data-migrations: there are none for {database.label}"
    lines = [line for plan in run.plans for line in _lines(plan)]
    return "\n".join(
        [*lines, "dry run: nothing was changed; each sampled batch was rolled back", f"next: {run.next[0]}"]
    )


def _lines(plan: DataPlan) -> Iterator[str]:
    yield f"{plan.name}: {_head(plan)}"
    if plan.predicate:
        yield from _statement(plan.predicate, "asks")
    if plan.key:
        yield f"  key    {', '.join(plan.key)}"
    for one in plan.statements:
        yield from _statement(one, "batch")
    for sample in plan.samples:
        yield f"  sample {sample.rows:,} rows, {sample.done:,} done, in {_milliseconds(sample.took.total_seconds())}"
    if plan.remaining:
        yield f"  time   {_time(plan)}"
    if plan.parked or plan.waived:
        yield f"  apart  {_apart(plan)}"
    for note in plan.notes:
        yield f"  note   {note}"


def _head(plan: DataPlan) -> str:
    if plan.waiting_for:
        return f"{plan.kind}, waiting for {', '.join(plan.waiting_for)}"
    rows = "" if plan.remaining is None else f", {plan.remaining:,} rows to do"
    return f"{plan.kind}, {plan.state}{rows}"


def _apart(plan: DataPlan) -> str:
    rows = [(plan.parked, "in quarantine"), (plan.waived, "waived")]
    found = " and ".join(f"{count:,} {word}" for count, word in rows if count)
    return f"{found}, which no run tries until `migrator data retry {plan.name}`"


def _statement(statement: PlannedStatement, label: str) -> Iterator[str]:
    yield f"  {label:<6} {statement.sql}"
    for one in statement.accesses:
        yield f"           {_access(one)}"


def _access(access: Access) -> str:
    by = f"by {access.index}" if access.index else "the whole table"
    rows = "" if access.rows is None else f", about {access.rows:,} rows"
    return f"{access.table}: {by} ({access.how}{rows})"


def _time(plan: DataPlan) -> str:
    if plan.estimate is None:
        return "not known: no batch was sampled"
    if plan.estimate[1] < _WORTH_A_RANGE:
        return "under a second"
    least, most = (duration_text(one) for one in plan.estimate)
    return f"about {least}" if least == most else f"{least} to {most} for all of them"


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"
