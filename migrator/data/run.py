"""Runs online data migrations: whose turn it is, what is asked, and when to stop."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial

from sqlalchemy import Connection

from migrator.data.asking import count_to_try, row_behind
from migrator.data.batches import Batches
from migrator.data.connections import Connections
from migrator.data.crew import Crew
from migrator.data.kinds import DataMigration
from migrator.data.lane import Lane, lanes_of
from migrator.data.outcome import report
from migrator.data.pace import FULL_SPEED, Pace
from migrator.data.pacing import Pacing, pacing_of
from migrator.data.passes import Verdict, answer, pass_is_over
from migrator.data.proving import PROVEN, Proof, parked_to_do, prove
from migrator.data.quarantine import Parked
from migrator.data.scheduling import refuse_unknown_requires, selected, waiting_for
from migrator.data.throttle.watcher import watching
from migrator.data.turn import ENDS_THE_RUN, StoppedError, Turn
from migrator.errors import DatabaseError, MigratorError
from migrator.model.data import DEFAULT_MOST_ERRORS, DataProgress, DataReport, DataState
from migrator.state.data_progress import DataRow, add_rows, read_rows
from migrator.state.store import Store

_NO_LIMIT = sys.maxsize
_READ_EVERY = timedelta(milliseconds=200)  # what another shell wants is heeded within a second
_NO_CHANGES: Mapping[str, Collection[str]] = {}
Gate = Callable[[DataMigration], tuple[str, ...]]
"""Who keeps a data migration from running, in words; empty when it may run."""


def run(
    store: Store,
    migrations: Sequence[DataMigration],
    *,
    applied: Collection[str],
    retired: Collection[str],
    changes: Mapping[str, Collection[str]] = _NO_CHANGES,
    max_count: int | None = None,
    max_errors: int = DEFAULT_MOST_ERRORS,
    workers: int | None = None,
    only: str | None = None,
    pace: Pace = FULL_SPEED,
    stop: threading.Event,
    progress: Callable[[DataProgress], None] = lambda _: None,
    say: Callable[[str], None] = lambda _: None,
    gate: Gate = lambda _: (),
) -> DataReport:
    """Run data migrations in turns, a batch each, until none has a row left, all are stuck, or the limit is reached.

    Args:
        applied: ids of applied revisions.
        retired: names that are never asked again, since their contract is applied.
        changes: change → ids of its expand revisions.
        max_count: bounds the rows tried in this run, done or not; None for no bound.
        max_errors: how many rows of a data migration may fail by themselves before this run leaves it.
        workers: how many share the rows of a data migration with a key; None as it declares.
        only: run this one alone.
        pace: rests, signals and times of the day that the run keeps to, and its longest duration.
        stop: once set, the batch at hand is finished and the run ends.
        progress: told after each batch and question, and now and then while it waits.
        say: told of signals that the server doesn't show.
        gate: asked before each batch, so that it may close in the middle of a run.

    Returns: a line for each selected data migration, and the exit code.
    Locks: the rows of a batch and our row of the data migration, or of a range, for one short transaction at a time.
    Raises:
        ConfigurationError: ``only`` or a ``requires`` names nothing; a table has no usable key.
        UnreachableError, ConnectionLostError, DiskFullError, ReadOnlyError: the database can't go on.
    """
    refuse_unknown_requires(migrations, applied=applied, changes=changes)
    lanes = lanes_of(selected(migrations, only), store.database, max_errors=max_errors, workers=workers)
    with Connections(store.database, one_process=pace.polite) as connections, Crew(store, connections, stop) as crew:
        running = _Run(
            store=store,
            lanes=lanes,
            names=frozenset(one.name for one in migrations),
            applied=frozenset(applied),
            retired=frozenset(retired),
            changes=changes,
            connections=connections,
            batches=crew.batches,
            crew=crew,
            pacing=pacing_of(pace, store, connections, crew, stop=stop, progress=progress, say=say),
            stop=stop,
            progress=progress,
            gate=gate,
            left=max_count,
        )
        running.go()
        return running.report(pace.name)


@dataclass(kw_only=True)
class _Run:
    store: Store
    lanes: list[Lane]
    names: frozenset[str]
    applied: frozenset[str]
    retired: frozenset[str]
    changes: Mapping[str, Collection[str]]
    connections: Connections
    batches: Batches
    crew: Crew
    pacing: Pacing
    stop: threading.Event
    progress: Callable[[DataProgress], None]
    gate: Gate
    left: int | None
    there: bool = False
    stored: Mapping[str, DataRow] = field(default_factory=dict)
    read_again_at: timedelta = field(default_factory=timedelta)

    def go(self) -> None:
        for lane in self.lanes:
            if lane.name in self.retired:
                lane.end(DataState.RETIRED)
        self._read()
        if self._runnable():
            self._prepare()
            with watching(self.store.database, self.pacing.throttle):
                self._take_turns()
        self._close()

    def report(self, pace: str) -> DataReport:
        """What it came to."""
        self.pacing.mark(self.lanes)
        return report(
            self.lanes,
            limited=self.left == 0,
            out_of_time=self.pacing.out_of_time,
            interrupted=self.stop.is_set(),
            expands=frozenset(one for revisions in self.changes.values() for one in revisions),
            pace=pace,
            signals=self.pacing.throttle.readings(),
        )

    # -- before ----------------------------------------------------------------------------------------------------

    def _prepare(self) -> None:
        """What can be known to be wrong is said before anything is changed."""
        for lane in self._runnable():
            self._find_key(lane)
        self.store.ensure()
        self.there = True
        self._read()

    def _find_key(self, lane: Lane) -> None:
        if lane.migration.keyed:
            with self.connections.asking() as connection:
                lane.find_rows(connection, self.store.database.pack.keys)

    def _add_row(self, lane: Lane) -> None:
        if lane.name in self.stored:
            return
        try:
            with self.connections.transaction() as connection:
                add_rows(self.store, connection, [lane.name])
                connection.commit()
        except DatabaseError:
            self._read()
            if lane.name not in self.stored:  # else another runner was faster
                raise
        self._read()

    # -- turns -----------------------------------------------------------------------------------------------------

    def _take_turns(self) -> None:
        while self.left != 0 and (lane := self.pacing.next(self._look)) is not None:
            self._guarded(lane, self._step)
            self.progress(lane.progress())

    def _look(self) -> tuple[Sequence[Lane], Mapping[str, DataRow]]:
        if self.store.database.clock.monotonic() >= self.read_again_at:
            self._read()
        return self._runnable(), self.stored

    def _guarded(self, lane: Lane, step: Callable[[Lane], None]) -> None:
        """A data migration that fails must not keep the others from their turns."""
        lane.trying = 0
        try:
            step(lane)
        except StoppedError:
            pass
        except MigratorError as error:
            if isinstance(error, ENDS_THE_RUN):
                raise
            tried = lane.trying
            lane.fail(error, tried)
            self._spend(tried)
            if lane.name in self.stored:
                self.batches.fail(lane, tried)

    def _step(self, lane: Lane) -> None:
        if lane.rows is None and lane.migration.keyed:
            self._find_key(lane)  # it waited when the run began
            if lane.over:
                return
        self._add_row(lane)
        row = self.stored[lane.name]
        lane.remember(row)
        if lane.rows is not None and lane.last is None and row.pass_size is not None:
            lane.last = max(0, row.pass_size - row.pass_done)  # an estimate until it is asked
        if lane.migration.has_predicate and self._is_due(lane, row):
            self._ask(lane, row)
        else:
            self._work(lane, row)

    def _is_due(self, lane: Lane, row: DataRow) -> bool:
        """Whether the predicate is to be asked before the next batch."""
        unasked = not lane.migration.keyed and lane.first is None
        return row.pass_size is None or unasked or self._ended(lane, row)

    def _ended(self, lane: Lane, row: DataRow) -> bool:
        return pass_is_over(row) or (row.pass_size is not None and lane.exhausted == row.written_by)

    def _work(self, lane: Lane, row: DataRow) -> None:
        if lane.wants_parts(row) and self.batches.part(lane):
            self.read_again_at = timedelta()
            return
        left = _NO_LIMIT if self.left is None else self.left
        clock = self.store.database.clock
        begin = clock.monotonic()
        if lane.rows is None:
            turn = self.batches.call(lane, left)
            self._note(lane, turn, tried=max(turn.done, min(turn.found, left)), took=clock.monotonic() - begin)
            lane.judge_call(turn.found, turn.done, turn.row)
        elif row.parted:
            turn, error = self.crew.turn(lane, lane.rows, row, left)
            self._note(lane, turn, tried=turn.found, took=clock.monotonic() - begin)
            if error is not None:
                raise error
        else:
            turn = self.batches.by_key(lane, lane.rows, left)
            self._note(lane, turn, tried=turn.found, took=clock.monotonic() - begin)
            if turn.row is not None and turn.high is not None:
                lane.memory = (turn.row.written_by, turn.high)
        if lane.rows is not None and turn.failed and not lane.errors_left:
            lane.end(DataState.FAILED, f"left at --max-errors, with {lane.in_quarantine}")
        if turn.exhausted and turn.row is not None:
            lane.exhausted = turn.row.written_by

    def _note(self, lane: Lane, turn: Turn, *, tried: int, took: timedelta) -> None:
        # With commit and waits: a rate that leaves them out promises an end that doesn't come.
        at = self.store.database.clock.monotonic()
        lane.did(found=turn.found, done=turn.done, failed=turn.failed, took=took, at=at, error=turn.error)
        self.pacing.worked(lane, turn.took)
        self._spend(tried)
        lane.sizer = turn.sizer or lane.sizer
        if turn.row is not None:
            lane.unstored = timedelta()
            lane.remember(turn.row)
            self.stored = {**self.stored, lane.name: turn.row}
            if len(self.lanes) == 1:  # its row was read a moment ago, and no other one matters
                self.read_again_at = at + _READ_EVERY
        else:
            self.read_again_at = timedelta()

    def _spend(self, tried: int) -> None:
        if self.left is not None:
            self.left = max(0, self.left - tried)

    # -- questions -------------------------------------------------------------------------------------------------

    def _ask(self, lane: Lane, row: DataRow) -> None:
        self.read_again_at = timedelta()
        count = self._count(lane, row)
        lane.seen(count)
        self._heed(lane, row, count)

    def _count(self, lane: Lane, row: DataRow) -> int:
        return self._asked(lane, row, count_to_try)

    def _goes_on(self, lane: Lane, row: DataRow) -> bool:
        return not self._ended(lane, row) and bool(self._asked(lane, row, row_behind))

    def _asked(self, lane: Lane, row: DataRow, question: Callable[[Store, Connection, Lane, DataRow], int]) -> int:
        def ask() -> int:
            with self.connections.asking() as connection, self.store.database.step("predicate", lane.name):
                return question(self.store, connection, lane, row)

        return self.batches.retry(ask)

    def _parked(self, lane: Lane, row: DataRow) -> Parked:
        if lane.rows is None or not row.quarantined:
            return Parked()
        return self.batches.retry(partial(parked_to_do, self.store, self.connections, lane.rows, row))

    def _heed(self, lane: Lane, row: DataRow, count: int) -> None:
        """Write what the answer means, unless another runner wrote meanwhile: then it is asked again."""
        ended = self._ended(lane, row)
        parked = Parked() if count else self._parked(lane, row)
        given = answer(lane.told(row), count, ended=ended, parked=parked.open, waived=parked.waived)
        proof = self._prove(lane, row) if given.verdict is Verdict.SETTLED else PROVEN
        if proof.again:
            return
        if proof.broken:
            given = replace(given, row=replace(given.row, state=DataState.BLOCKED))
        if given.row != row and self.batches.change_row(lane.name, row, lambda _: given.row) is None:
            return
        if proof.broken:
            lane.end(DataState.BLOCKED, proof.broken)
        elif given.verdict is Verdict.STALLED and not lane.moved:
            self._block(lane)
        else:
            lane.conclude(given, parked=parked.open, waived=parked.waived, said=proof.said)

    def _prove(self, lane: Lane, row: DataRow) -> Proof:
        asked = partial(prove, self.store, self.connections, lane.migration)
        return self.batches.retry(partial(asked, first=not row.state.settled, stopped=self.stop.is_set))

    # -- after -----------------------------------------------------------------------------------------------------

    def _close(self) -> None:
        """Ask those once more that this run left unfinished; say of the rest what they wait for."""
        self._read()
        closed: set[str] = set()
        while open_now := [lane for lane in self._runnable() if not lane.closed and lane.name not in closed]:
            for lane in open_now:
                closed.add(lane.name)
                self._guarded(lane, self._close_one)
                self._read()
        for lane in self.lanes:
            if lane.closed and not lane.over:
                continue
            if not lane.over and lane.name not in closed:
                lane.state, lane.waiting_for = DataState.WAITING, self._waits(lane)
            elif lane.stale and not self.stop.is_set():
                self._guarded(lane, self._count_again)

    def _close_one(self, lane: Lane) -> None:
        row = self.stored.get(lane.name)
        if self.stop.is_set() or not lane.migration.has_predicate:
            lane.state = DataState.RUNNING if row and row.found else DataState.PENDING
            return
        row = row or DataRow(name=lane.name)
        if self._goes_on(lane, row):
            lane.state, lane.reckoned = DataState.RUNNING, True
            return
        count = self._count(lane, row)
        lane.seen(count)
        if count == 0 or self._ended(lane, row):
            self._add_row(lane)
            self._heed(lane, self.stored[lane.name], count)
        else:
            lane.state = DataState.RUNNING if row.pass_number else DataState.PENDING
            if lane.overstates:
                self._block(lane)

    def _count_again(self, lane: Lane) -> None:
        lane.seen(self._count(lane, self.stored[lane.name]))
        if lane.overstates:
            self._block(lane)

    def _block(self, lane: Lane) -> None:
        """It got nowhere, whatever it says."""
        claim = f"it says that it did {lane.done} rows" if lane.overstates else "it did none of them"
        lane.end(DataState.BLOCKED, f"{claim}, and its predicate finds as many as before")
        self._read()
        row = self.stored[lane.name]
        blocked = replace(row, state=DataState.BLOCKED, pass_size=None)
        self.batches.change_row(lane.name, row, lambda _: blocked)

    # -- what is known ---------------------------------------------------------------------------------------------

    def _read(self) -> None:
        def read() -> Mapping[str, DataRow]:
            with self.connections.asking() as connection:
                return read_rows(self.store, connection, there=self.there)

        with suppress(StoppedError):  # then what was read before has to do
            self.stored = self.batches.retry(read)
            self.read_again_at = self.store.database.clock.monotonic() + _READ_EVERY

    def _runnable(self) -> list[Lane]:
        return [lane for lane in self.lanes if not lane.over and not self._waits(lane)]

    def _waits(self, lane: Lane) -> tuple[str, ...]:
        selected = {one.name for one in self.lanes}
        done = {name for name, row in self.stored.items() if row.state.settled and name not in selected}
        done |= {one.name for one in self.lanes if one.over and one.state.settled}
        missing = waiting_for(
            lane.migration,
            applied=self.applied,
            done=done | self.retired,
            changes=self.changes,
            names=self.names,
        )
        return missing or self.gate(lane.migration)
