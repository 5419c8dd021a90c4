"""A batch of any kind: rows, watermark and counters in one transaction, under the lock of our row."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar
from uuid import uuid4

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from migrator.data.attempt import Batch, CareNeededError, TooManyRowsError
from migrator.data.budget import TooManyBytesError
from migrator.data.calls import Watch, call
from migrator.data.connections import Connections
from migrator.data.fewer import Fewer
from migrator.data.kinds import DataMigration
from migrator.data.lane import Lane, class_and_code
from migrator.data.passes import pass_is_over
from migrator.data.quarantine import entries_of, rows_to_try
from migrator.data.splitting import ends_of, parts_for, ranges_of
from migrator.data.table_rows import TableRows, is_dense
from migrator.data.turn import Sized, StoppedError, Turn
from migrator.data.watermark import decode, encode
from migrator.db.retry import retrying
from migrator.dialects.keys import Bound
from migrator.errors import ConnectionLostError, DeadlockError, LockTimeoutError, UnreachableError
from migrator.model.data import DataState
from migrator.state.data_progress import DataRow, lock_row, write_row
from migrator.state.data_ranges import add_ranges, fold
from migrator.state.quarantine import clear, park
from migrator.state.store import Store

RETRY_BUDGET = timedelta(seconds=30)
RETRY_PAUSE = timedelta(milliseconds=100)
MOST_LOST = 3

LONGEST_CLASS = 128
LONGEST_CODE = 64
_MILLISECOND = timedelta(milliseconds=1)
Result = TypeVar("Result")


class _CommitUnknownError(Exception):
    """The connection was lost under COMMIT; ``row`` and ``turn`` are what stands there if it went through."""

    def __init__(self, row: DataRow, turn: Turn) -> None:
        super().__init__()
        self.row = row
        self.turn = turn


@dataclass(kw_only=True)
class Batches:
    """Batches of one run."""

    store: Store
    connections: Connections
    stop: threading.Event
    run_id: str = field(default_factory=lambda: uuid4().hex)

    def by_key(self, lane: Lane, rows: TableRows, left: int) -> Turn:
        """The next rows in key order; at most ``left`` are tried.

        Raises:
            DatabaseError: a statement failed for good; nothing of the batch happened.
            StoppedError: the run is to stop.
        """
        fewer = Fewer(name=lane.name, allowed=left, most=left)
        while True:
            try:
                return self._surely(lane, partial(self._by_key, lane, rows, fewer.most, left))
            except TooManyBytesError as error:
                lane.sizer = lane.sizer.fitting(error.fits)
            except TooManyRowsError:
                fewer.after(lane.sizer.size)
            except CareNeededError:
                lane.careful = True

    def call(self, lane: Lane, left: int) -> Turn:
        """One call of a plain function with at most ``left`` rows.

        Raises:
            UserCodeError: it raised; what it did over our connection is rolled back.
            DatabaseError, StoppedError: as :meth:`by_key`.
        """
        migration = lane.migration
        if migration.outside:
            return self._surely(lane, lambda: self._call_outside(lane, migration, min(lane.sizer.size, left)))
        return self._surely(lane, lambda: self._call(lane, migration, min(lane.sizer.size, left)))

    def change_row(self, name: str, seen: DataRow, change: Callable[[DataRow], DataRow]) -> DataRow | None:
        """Write our row if it still is as it was ``seen``; None when another runner was faster."""

        def write() -> DataRow | None:
            with self.connections.transaction() as connection:
                row = lock_row(self.store, connection, name)
                if row.written_by != seen.written_by or seen.open_ranges:
                    return None
                changed = replace(self._stamped(change(fold(self.store, connection, row))), parted=None)
                if changed.state.settled and not row.state.settled:
                    clear(self.store, connection, name)
                self._commit(connection, changed)
                return changed

        try:
            return self.retry(write)
        except _CommitUnknownError:
            return None

    def part(self, lane: Lane) -> bool:
        """Cut what the pass has left into ranges for the lane's workers, unless that is done; False where keys of this
        type can't be kept, so that it has one worker."""
        rows = lane.rows
        if rows is None:
            return False

        def write() -> bool:
            with self.connections.transaction() as connection:
                row = lock_row(self.store, connection, lane.name)
                if row.parted or row.pass_size is None or pass_is_over(row):
                    return True
                todo = rows_to_try(self.store, connection, rows, row)
                low = self._low(lane, rows, row, connection)
                left = max(1, row.pass_size - row.pass_tried)
                ends = ends_of(connection, todo, low, count=left, parts=parts_for(left, lane.workers))
                ranges = ranges_of(lane.name, low, ends)
                if ranges is None:
                    lane.workers = 1
                    return False
                # Without any, the pass is over: nothing that it began with is left.
                size = row.pass_size if ranges else row.pass_tried
                add_ranges(self.store, connection, ranges)
                self._commit(connection, replace(self._stamped(row), parted=len(ranges) or None, pass_size=size))
                return True

        try:
            return self.retry(write)
        except _CommitUnknownError:
            return True

    def fail(self, lane: Lane, tried: int) -> None:
        """Record that a data migration failed, and give the turn to the others."""

        def write() -> None:
            with self.connections.transaction() as connection:
                row = lock_row(self.store, connection, lane.name)
                self._commit(
                    connection,
                    replace(
                        self._stamped(row),
                        state=DataState.FAILED,
                        turn=row.last_turn + 1,
                        found=row.found + tried,
                        failed=row.failed + tried,
                        error_class=lane.error_class[:LONGEST_CLASS],
                        error_code=lane.error_code[:LONGEST_CODE],
                    ),
                )

        with suppress(_CommitUnknownError, StoppedError):  # the next run meets the error again and records it then
            self.retry(write)

    def retry(self, action: Callable[[], Result]) -> Result:
        """Run again after a lock timeout, a deadlock or a lost connection, within bounds.

        Raises:
            StoppedError: the run is to stop.
            DatabaseError: it failed for good.
        """
        tries = 0

        def attempt() -> Result:
            nonlocal tries
            tries += 1
            if tries > 1 and self.stop.is_set():
                raise StoppedError
            return action()

        lost = 0
        clock = self.store.database.clock
        while True:
            try:
                return retrying(clock, attempt, budget=RETRY_BUDGET, pause=RETRY_PAUSE)
            except (ConnectionLostError, UnreachableError):
                lost += 1
                if lost > MOST_LOST:
                    raise
                clock.wait(timedelta(seconds=lost))

    # -- one attempt -----------------------------------------------------------------------------------------------

    def _by_key(self, lane: Lane, rows: TableRows, most: int, left: int) -> Turn:
        database = self.store.database
        begin = database.clock.monotonic()
        with self.connections.transaction() as connection:
            row = lock_row(self.store, connection, lane.name)
            if row.control.wanted or row.pass_size is None or row.parted or pass_is_over(row):
                return Turn()  # another shell wants a pause; another runner came to the end, or cut the pass
            rows = rows_to_try(self.store, connection, rows, row)
            low = self._low(lane, rows, row, connection)
            with database.step("batch", lane.name), self.timed(lane) as spent:
                to_do = row.pass_size - row.pass_tried
                size = min(lane.sizer.size, most)
                span = rows.next_span(connection, low, size, left=to_do, named=lane.careful, dense=lane.dense)
                if span is None:
                    return Turn(exhausted=True, row=row)
                lane.trying = span.count
                batch = rows.change(connection, span, allowed=left, most_errors=lane.errors_left, care=lane.care)
            lane.dense = is_dense(low, batch.high, batch.tried)
            took = database.clock.monotonic() - begin
            sizer = lane.sizer.after(batch.tried, spent())
            counted = lane.paced(self._counted(row, batch.tried, batch.done, took), sizer)
            written = replace(counted, watermark=encode(batch.high), **self._left_behind(connection, row, batch))
            turn = Turn.of(batch, high=batch.high, took=took, sizer=sizer, row=written)
            self._commit(connection, written, turn, lazily=lane.migration.in_database)
        return turn

    def _left_behind(self, connection: Connection, row: DataRow, batch: Batch) -> dict[str, Any]:
        """What our row says of rows that a batch leaves to do; those that failed by themselves are parked."""
        if batch.error is None:
            # What was wrong with an earlier row of this pass still is, and with those in quarantine.
            still = bool(row.held_up) or (row.state is DataState.RUNNING and row.pass_tried > 0)
            kept = {"error_class": row.error_class, "error_code": row.error_code} if still else {}
            return {"skipped": row.skipped + batch.stuck, **kept}
        entries = entries_of(batch.errors)
        park(self.store, connection, row.name, entries)
        error_class, error_code = class_and_code(batch.error)
        return {
            "skipped": row.skipped + batch.stuck - len(entries),
            "quarantined": (row.quarantined or 0) + len(entries),
            "failed": row.failed + batch.failed,
            "error_class": error_class[:LONGEST_CLASS],
            "error_code": error_code[:LONGEST_CODE],
        }

    @contextmanager
    def timed(self, lane: Sized) -> Iterator[Callable[[], timedelta]]:
        """Time the statements of a batch, without the wait for its turn; what clients refuse makes the next smaller."""
        database = self.store.database
        begin = database.clock.monotonic()
        ended: list[timedelta] = []
        try:
            yield lambda: (ended[0] if ended else database.clock.monotonic()) - begin
        except (DBAPIError, LockTimeoutError, DeadlockError) as error:
            known = database.pack.errors.translate(error) if isinstance(error, DBAPIError) else error
            if isinstance(known, LockTimeoutError | DeadlockError):
                lane.sizer = lane.sizer.refused()
            raise
        ended.append(database.clock.monotonic())

    def _low(self, lane: Lane, rows: TableRows, row: DataRow, connection: Connection) -> Bound | None:
        if lane.memory is not None and lane.memory[0] == row.written_by:
            return lane.memory[1]
        if row.watermark is not None:
            return decode(row.watermark)
        return rows.nth(connection, row.skipped)

    def _call(self, lane: Lane, migration: DataMigration, limit: int) -> Turn:
        database = self.store.database
        begin = database.clock.monotonic()
        watch = Watch()
        with self.connections.transaction() as connection:
            row = lock_row(self.store, connection, lane.name)
            if row.control.wanted or (migration.has_predicate and (row.pass_size is None or pass_is_over(row))):
                return Turn()
            with database.step("batch", lane.name), watch.over(connection), self.timed(lane) as spent:
                found, done = call(migration, connection, limit)
            if watch.committed or not connection.in_transaction():
                row = self._lock_again(connection, lane.name)
            took = database.clock.monotonic() - begin
            elsewhere = watch.committed or (done > 0 and not watch.wrote)
            sizer = lane.sizer.after(min(found, limit), spent())
            written = self._called(migration, row, found, done, took, elsewhere)
            written = lane.paced(written, sizer)
            turn = Turn(found=found, done=done, exhausted=found == 0, row=written, took=took, sizer=sizer)
            self._commit(connection, written, turn)
        return turn

    def _call_outside(self, lane: Lane, migration: DataMigration, limit: int) -> Turn:
        database = self.store.database
        begin = database.clock.monotonic()
        with self.connections.outside() as connection, database.step("batch", lane.name), self.timed(lane) as spent:
            found, done = call(migration, connection, limit)
        took = database.clock.monotonic() - begin
        sizer = lane.sizer.after(min(found, limit), spent())
        with self.connections.transaction() as connection:
            row = lock_row(self.store, connection, lane.name)
            written = self._called(migration, row, found, done, took, elsewhere=True)
            written = lane.paced(written, sizer)
            turn = Turn(found=found, done=done, exhausted=found == 0, row=written, took=took, sizer=sizer)
            self._commit(connection, written, turn)
        return turn

    def _lock_again(self, connection: Connection, name: str) -> DataRow:
        # The function ended our transaction: what it began since is committed, and the counters get one of their own.
        if connection.in_transaction():
            connection.commit()
        connection.begin()
        self.store.database.pack.session.begin(connection)
        return lock_row(self.store, connection, name)

    def _called(
        self,
        migration: DataMigration,
        row: DataRow,
        found: int,
        done: int,
        took: timedelta,
        elsewhere: bool,
    ) -> DataRow:
        counted = self._counted(row, found, done, took)
        if found and not done:
            return replace(counted, state=DataState.BLOCKED, pass_size=None)
        if not found and not migration.has_predicate:
            counted = replace(counted, state=DataState.DONE if row.done else DataState.NOT_NEEDED)
        return replace(counted, commits_itself=row.commits_itself or elsewhere)

    # -- our row ---------------------------------------------------------------------------------------------------

    def _stamped(self, row: DataRow) -> DataRow:
        return replace(row, run_id=self.run_id, batch_number=row.batch_number + 1)

    def _counted(self, row: DataRow, found: int, done: int, took: timedelta) -> DataRow:
        return replace(
            row,
            run_id=self.run_id,
            batch_number=row.batch_number + 1,
            state=DataState.RUNNING,
            turn=row.last_turn + 1,
            pass_tried=row.pass_tried + found,
            pass_done=row.pass_done + done,
            found=row.found + found,
            done=row.done + done,
            busy_ms=row.busy_ms + took // _MILLISECOND,
            error_class=None,
            error_code=None,
        )

    def _commit(self, connection: Connection, row: DataRow, turn: Turn | None = None, *, lazily: bool = False) -> None:
        database = self.store.database
        with database.step("watermark", row.name):
            write_row(self.store, connection, row, lazily=lazily)
        with database.step("commit", row.name):
            try:
                connection.commit()
            except DBAPIError as error:
                known = database.pack.errors.translate(error)
                if isinstance(known, ConnectionLostError):
                    raise _CommitUnknownError(row, turn or Turn()) from None
                raise known from None

    def _surely(self, lane: Lane, action: Callable[[], Turn]) -> Turn:
        """Run a batch to a known end: after a COMMIT without an answer our row, once it can be locked, decides."""
        while True:
            try:
                return self.retry(action)
            except _CommitUnknownError as unknown:
                turn = self._outcome(unknown)
                if turn is not None:
                    return turn

    def _outcome(self, unknown: _CommitUnknownError) -> Turn | None:
        """The turn when it is committed, None when it isn't.

        A plain read could see the old row while the old session still commits; the lock waits for that session's end.
        """

        def look() -> DataRow:
            with self.connections.transaction() as connection:
                return lock_row(self.store, connection, unknown.row.name)

        row = self.retry(look)
        if row.written_by == unknown.row.written_by:
            return unknown.turn
        if row.batch_number <= unknown.row.batch_number:
            return None
        # Others have written since, so nobody can tell any more.  The next batch goes on from what stands there in
        # either case; only this run's own count of rows done may fall short.
        return replace(unknown.turn, done=0, row=row, high=None)
