"""A dry run: what would be asked and sent, which index finds it, and a few batches that are rolled back."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, event

from migrator.data.attempt import Care, CareNeededError
from migrator.data.budget import TooManyBytesError
from migrator.data.connections import Connections
from migrator.data.kinds import DataMigration, KeyedMigration
from migrator.data.lane import workers_of
from migrator.data.pace import NO_RESTS, Rests
from migrator.data.quarantine import rows_to_try
from migrator.data.remaining import remaining
from migrator.data.run import Gate
from migrator.data.scheduling import refuse_unknown_requires, selected, waiting_for
from migrator.data.sizer import first_sizer
from migrator.data.table_rows import TableRows
from migrator.data.watermark import decode
from migrator.dialects.keys import Bound
from migrator.errors import ConnectionLostError, DatabaseError, UnreachableError, UserCodeError
from migrator.model.data import DataState
from migrator.model.data_plan import NO_LIMITS, DataDryRun, DataPlan, Limits, PlannedStatement, Sample
from migrator.state.data_progress import DataRow, read_rows
from migrator.state.store import Store

SAMPLES = 3
_LEAST, _MOST = 0.8, 1.5  # a sample has no commit, and others' load may change
_NO_ROW = DataRow(name="")
_LONGEST_SQL = 600
_PLAIN_FUNCTION = "not sampled: what a plain function does could not be taken back for certain"


def dry_run(
    store: Store,
    migrations: Sequence[DataMigration],
    *,
    applied: Collection[str],
    retired: Collection[str],
    changes: Mapping[str, Collection[str]],
    only: str | None = None,
    rests: Rests = NO_RESTS,
    limits: Limits = NO_LIMITS,
    gate: Gate = lambda _: (),
) -> DataDryRun:
    """Find out what a run would do; changes nothing, and makes no tables of ours.

    Args:
        applied, retired, changes, only, gate: as in :func:`migrator.data.run.run`.
        rests: how much of the time the run would rest, for the estimate.
        limits: what the run would be bounded by.

    Returns:
        A plan for each selected data migration, in their order.

    Locks: the rows of up to three small batches, one after the other, each rolled back at once.

    Raises:
        ConfigurationError: ``only`` or a ``requires`` names nothing; a table has no usable key; several workers where
            one connection at a time may write.
        UnreachableError: the database can't be reached.
    """
    refuse_unknown_requires(migrations, applied=applied, changes=changes)
    share = workers_of(store.database, limits.workers)
    with Connections(store.database) as connections:
        with connections.asking() as connection:
            stored = read_rows(store, connection)
        done = {name for name, row in stored.items() if row.state.settled} | set(retired)

        def waits(one: DataMigration) -> tuple[str, ...]:
            names = {each.name for each in migrations}
            return waiting_for(one, applied=applied, done=done, changes=changes, names=names) or gate(one)

        planning = _Planning(store=store, connections=connections, rests=rests, limits=limits, share=share)
        plans = []
        for one in selected(migrations, only):
            plan = DataPlan(name=one.name, kind=one.kind, change=one.change, state=DataState.RETIRED)
            if one.name not in retired:
                row = stored.get(one.name, _NO_ROW)
                plan = replace(plan, state=row.state, waiting_for=waits(one))
                plan = replace(plan, state=DataState.WAITING) if plan.waiting_for else planning.plan(plan, one, row)
            plans.append(plan)
    return DataDryRun(plans=tuple(plans))


@dataclass(kw_only=True)
class _Sent:
    """Statements as the driver got them, the first time that each came."""

    each: dict[str, Any] = field(default_factory=dict)

    @contextmanager
    def over(self, connection: Connection) -> Iterator[None]:
        def execute(_c: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
            self.each.setdefault(statement, parameters[0] if many else parameters)

        event.listen(connection, "before_cursor_execute", execute)
        try:
            yield
        finally:
            event.remove(connection, "before_cursor_execute", execute)


@dataclass(frozen=True, kw_only=True)
class _Planning:
    store: Store
    connections: Connections
    rests: Rests
    limits: Limits
    share: Callable[[DataMigration], int]

    def plan(self, plan: DataPlan, migration: DataMigration, row: DataRow) -> DataPlan:
        """The plan of a data migration that may run; what goes wrong with it becomes a note."""
        try:
            if migration.has_predicate:
                plan = self._asked(plan, migration)
            if not isinstance(migration, KeyedMigration):
                return replace(plan, batch_size=migration.batch_size, notes=(*plan.notes, _PLAIN_FUNCTION))
            return self._sampled(plan, migration, row)
        except (UnreachableError, ConnectionLostError):
            raise
        except (DatabaseError, UserCodeError) as error:
            return replace(plan, notes=(*plan.notes, f"not sampled: {error.message}"))

    def _asked(self, plan: DataPlan, migration: DataMigration) -> DataPlan:
        sent = _Sent()
        with self.connections.asking() as connection:
            with sent.over(connection):
                count = remaining(connection, migration)
            (question, *_) = self._explained(connection, sent) or (None,)
        notes = plan.notes
        whole = [one for one in question.accesses if one.whole_table] if question else []
        for one in whole:
            about = "" if one.rows is None else f" (about {one.rows:,} rows)"
            notes += (
                f"the predicate has no index that the server would use: each time it is asked, all of {one.table}"
                f"{about} is read; where few of its rows match, an index on what `where` compares spares that",
            )
        return replace(plan, remaining=count, predicate=question, notes=notes)

    def _explained(self, connection: Connection, sent: _Sent) -> tuple[PlannedStatement, ...]:
        explain = self.store.database.pack.explain
        found = ((text, explain.accesses(connection, text, given)) for text, given in sent.each.items())
        return tuple(PlannedStatement(sql=_short(text), accesses=accesses) for text, accesses in found if accesses)

    # -- samples ---------------------------------------------------------------------------------------------------

    def _sampled(self, plan: DataPlan, migration: KeyedMigration, row: DataRow) -> DataPlan:
        pack = self.store.database.pack
        with self.connections.asking() as connection:
            rows = rows_to_try(self.store, connection, migration.rows(connection, pack.keys), row)
            plan = replace(plan, key=rows.key.names)
            lost = [one.name for one in migration.written if not pack.writing.can_roll_back(connection, one)]
            low = self._low(connection, rows, row)
            most = migration.most_rows(migration.row_width(connection))
        if lost:
            return replace(plan, notes=(*plan.notes, f"not sampled: {', '.join(lost)} has no transactions"))
        sent, samples, size = self._samples(rows, migration, row, low, most, plan.remaining)
        with self.connections.asking() as connection:
            statements = self._explained(connection, sent)
        workers = self.share(migration)
        plan = replace(
            plan,
            batch_size=size,
            statements=statements,
            samples=samples,
            workers=workers,
            estimate=_estimate(samples, plan.remaining or 0, self.rests, workers),
        )
        return replace(plan, notes=(*plan.notes, *_failures(samples), *_bounds(plan, self.limits)))

    def _low(self, connection: Connection, rows: TableRows, row: DataRow) -> Bound | None:
        low = decode(row.watermark) if row.watermark is not None else rows.nth(connection, row.skipped)
        return low if low is not None and rows.choose(connection, low, 1) else None

    def _samples(
        self,
        rows: TableRows,
        migration: KeyedMigration,
        row: DataRow,
        low: Bound | None,
        most_rows: int,
        to_do: int | None,
    ) -> tuple[_Sent, tuple[Sample, ...], int]:
        sizer = first_sizer(most=most_rows, target=migration.target_time, learned=row.batch_size)
        sent, samples, care = _Sent(), list[Sample](), Care.ASK
        clock = self.store.database.clock
        most_errors = 0 if migration.on_error == "stop" else self.limits.max_errors
        left, errors_left = self.limits.max_count or sys.maxsize, most_errors
        while len(samples) < SAMPLES and left and (errors_left or not most_errors):
            latest = _Sent()
            with self.connections.transaction() as connection, latest.over(connection):
                begin = clock.monotonic()
                limit, named = min(left, sizer.size), care is Care.TAKE_BACK
                span = rows.next_span(connection, low, limit, left=to_do, named=named)
                if span is None:
                    break
                try:
                    batch = rows.change(connection, span, allowed=sys.maxsize, most_errors=errors_left, care=care)
                except TooManyBytesError as too_many:
                    sizer = sizer.fitting(too_many.fits)
                    continue
                except CareNeededError:
                    care = Care.TAKE_BACK
                    continue
                took = clock.monotonic() - begin
            sent, low = latest, batch.high
            left, errors_left = max(0, left - batch.tried), max(0, errors_left - batch.failed)
            to_do = None if to_do is None else to_do - batch.tried
            sizer = sizer.after(batch.tried, took)
            error = batch.error.message if batch.error is not None else ""
            samples.append(Sample(rows=batch.tried, done=batch.done, took=took, failed=batch.failed, error=error))
            if span.count < samples[-1].rows:
                break
        return sent, tuple(samples), sizer.size


def _failures(samples: Sequence[Sample]) -> Iterator[str]:
    failed = sum(one.failed for one in samples)
    if failed:
        why = next(one.error for one in samples if one.error)
        yield f"{failed} of the sampled rows fail by themselves and would go to quarantine: {why}"


def _bounds(plan: DataPlan, limits: Limits) -> Iterator[str]:
    """What would end the run before all is done, and what several workers mean."""
    rows = plan.remaining
    if plan.workers > 1:
        yield (
            f"{plan.workers} workers would share the rows, a single one made the samples: the least time is that of"
            " workers that don't get in each other's way, the most that of one"
        )
    if limits.max_errors and sum(one.failed for one in plan.samples) >= limits.max_errors:
        yield f"so many rows failed that a run would leave it there (--max-errors {limits.max_errors})"
    if limits.max_count is not None and rows is not None and rows > limits.max_count:
        yield f"a run would try at most {limits.max_count:,} rows of all data migrations together (--max-count)"
    if limits.max_time is not None and rows and plan.estimate is not None and limits.max_time < plan.estimate[1]:
        least, most = (min(rows, int(rows * (limits.max_time / one))) for one in reversed(plan.estimate))
        yield f"within --max-time it would do {least:,} to {most:,} rows, were it alone"


def _estimate(samples: Sequence[Sample], rows: int, rests: Rests, workers: int) -> tuple[timedelta, timedelta] | None:
    # The first one finds nothing in the caches; where there are others they tell more.
    costs = [one.took / one.rows for one in (samples[1:] or samples) if one.rows]
    if not costs or not rows:
        return None
    least, most = (rows / (1 - ratio) for ratio in (rests.alone, rests.beside))
    return least * _LEAST * min(costs) / workers, most * _MOST * max(costs)


def _short(sql: str) -> str:
    text = " ".join(sql.split())
    return text if len(text) <= _LONGEST_SQL else f"{text[:_LONGEST_SQL]} ... ({len(text):,} characters)"
