"""Batches of one worker within a range that it has leased: rows, watermark and counters in one transaction."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from migrator.data.attempt import Batch, Care, CareNeededError, TooManyRowsError
from migrator.data.batches import Batches
from migrator.data.budget import TooManyBytesError
from migrator.data.lane import Lane, class_and_code
from migrator.data.quarantine import entries_of, rows_to_try
from migrator.data.sizer import Sizer
from migrator.data.table_rows import TableRows, is_dense
from migrator.data.turn import StoppedError, Turn
from migrator.data.watermark import decode, encode_any
from migrator.errors import ConnectionLostError, MigratorError
from migrator.state.data_progress import DataRow, add_quarantined
from migrator.state.data_ranges import Range, holders, let_go, lock_range, take_range, write_range
from migrator.state.quarantine import park

ROUND = timedelta(milliseconds=300)
"""How long a worker goes on by itself: between rounds a run heeds signals and what other shells want."""

_MILLISECOND = timedelta(milliseconds=1)


class LeaseLostError(Exception):
    """The range is another worker's now, or the pass is over: nothing of the batch happened."""


class _UnknownError(Exception):
    """The connection was lost under COMMIT; ``mine`` is what stands there if it went through."""

    def __init__(self, mine: Range, turn: Turn) -> None:
        super().__init__()
        self.mine = mine
        self.turn = turn


@dataclass(frozen=True, kw_only=True)
class Work:
    """What one worker does in one round: the data migration as it was read, and the most rows that it may try."""

    lane: Lane
    rows: TableRows
    row: DataRow
    left: int


@dataclass(kw_only=True)
class RangeBatches:
    """One worker.  ``held`` is its range of each data migration, ``sizers`` what it learned of their batches."""

    batches: Batches
    owner: str
    held: dict[str, Range] = field(default_factory=dict)
    sizers: dict[str, Sizer] = field(default_factory=dict)

    def round(self, work: Work) -> Turn:
        """Batches one after the other for :data:`ROUND`, so that a quick worker doesn't wait for a slow one at each.

        Behind a batch with a row that failed none follows: how many more may fail is counted between rounds.

        Raises: as :meth:`turn`, for its first batch; the next round meets the trouble of a later one.
        """
        clock = self.batches.store.database.clock
        end = clock.monotonic() + ROUND
        done = self.turn(work)
        last, left = done, work.left - done.found
        while last.high and not last.failed and left > 0 and clock.monotonic() < end and not self.batches.stop.is_set():
            try:
                last = self.turn(replace(work, left=left))
            except (MigratorError, StoppedError):
                break
            left -= last.found
            done = in_a_row(done, last)
        return done

    def turn(self, work: Work) -> Turn:
        """One batch in the range that it holds, or in one that is free; ``Turn()`` when there is none.

        Raises:
            DatabaseError, UserCodeError: a statement failed for good; nothing of the batch happened.
            StoppedError: the run is to stop.
        """
        most = work.left
        while True:
            try:
                return self._surely(work, most)
            except TooManyBytesError as error:
                self.sizers[work.lane.name] = self._sizer(work.lane).fitting(error.fits)
            except TooManyRowsError:
                most = max(1, min(most, self._sizer(work.lane).size) // 2)
            except CareNeededError:
                work.lane.careful = True
            except LeaseLostError:
                self.held.pop(work.lane.name, None)
                return Turn()

    def let_go(self) -> None:
        """Give the ranges back, so that nobody has to wait until the leases run out."""
        if not self.held:
            return
        with self.batches.connections.transaction() as connection:
            let_go(self.batches.store, connection, self.owner)
            connection.commit()
        self.held.clear()

    def _surely(self, work: Work, most: int) -> Turn:
        while True:
            try:
                return self.batches.retry(partial(self._once, work, most))
            except _UnknownError as unknown:
                turn = self.batches.retry(partial(self._outcome, unknown))
                if turn is not None:
                    return turn

    def _outcome(self, unknown: _UnknownError) -> Turn | None:
        """The turn when it is committed, None when it isn't: the lock waits for the lost session's end."""
        mine = unknown.mine
        with self.batches.connections.transaction() as connection:
            found = lock_range(self.batches.store, connection, mine.migration, mine.number)
        if found is None:
            return Turn()  # somebody ended the pass: what was done is counted there
        if (found.token, found.writes) == (mine.token, mine.writes):
            self._keep(mine, unknown.turn)
            return unknown.turn
        return None if found.writes < mine.writes else Turn()

    # -- one attempt -----------------------------------------------------------------------------------------------

    def _once(self, work: Work, most: int) -> Turn:
        lane, store = work.lane, self.batches.store
        database = store.database
        begin = database.clock.monotonic()
        with self.batches.connections.transaction() as connection:
            held, before = self._lease(connection, lane.name)
            if held is None:
                return Turn()
            high, low = decode(held.high), None if held.low is None else decode(held.low)
            rows = rows_to_try(store, connection, work.rows, work.row).up_to(high)
            size = min(self._sizer(lane).size, most)
            with database.step("batch", lane.name), self.batches.timed(_Sizes(self, lane)) as spent:
                careful = lane.careful  # another worker's batch may change it meanwhile
                care = Care.TAKE_BACK if careful else Care.ASK
                span = rows.next_span(connection, low, size, named=careful, dense=lane.dense)
                errors = max(0, lane.errors_left)
                batch = (
                    rows.change(connection, span, allowed=work.left, most_errors=errors, care=care) if span else None
                )
            if batch is not None:
                lane.dense = is_dense(low, batch.high, batch.tried)
            took = database.clock.monotonic() - begin
            written = self._written(connection, held, batch, took)
            sizer = self._sizer(lane) if batch is None else self._sizer(lane).after(batch.tried, spent())
            turn = Turn(sizer=sizer, took=took, high=high)
            if batch is not None:
                turn = Turn.of(batch, high=high, took=took, sizer=sizer)
            self._commit(connection, written, before, turn, lazily=lane.migration.in_database)
        self._keep(written, turn)
        return turn

    def _lease(self, connection: sa.Connection, name: str) -> tuple[Range | None, int]:
        """The range that this worker holds, locked, or another one; and the token that it had."""
        store, held = self.batches.store, self.held.get(name)
        if held is not None:
            found = lock_range(store, connection, name, held.number)
            if found is None or found.token != held.token:
                raise LeaseLostError
            return found, found.token
        (session,) = self.batches.connections.sessions
        taken = take_range(store, connection, name, owner=self.owner, session=session)
        if taken is None:
            sessions = set(holders(store, connection, name).values())
            gone = store.database.pack.locks.gone(connection, sessions)
            taken = take_range(store, connection, name, owner=self.owner, session=session, gone=gone) if gone else None
        return taken, 0 if taken is None else taken.token - 1

    def _written(self, connection: sa.Connection, held: Range, batch: Batch | None, took: timedelta) -> Range:
        if batch is None:
            return replace(held, finished=True, writes=held.writes + 1)
        if batch.errors:
            entries = entries_of(batch.errors)
            park(self.batches.store, connection, held.migration, entries)
            add_quarantined(self.batches.store, connection, held.migration, len(entries), *class_and_code(batch.error))
        return replace(
            held,
            low=encode_any(batch.high),
            tried=held.tried + batch.tried,
            done=held.done + batch.done,
            failed=held.failed + batch.failed,
            busy_ms=held.busy_ms + took // _MILLISECOND,
            writes=held.writes + 1,
        )

    def _commit(self, connection: sa.Connection, written: Range, before: int, turn: Turn, *, lazily: bool) -> None:
        database = self.batches.store.database
        with database.step("watermark", written.migration):
            if not write_range(self.batches.store, connection, written, before=before, lazily=lazily):
                raise LeaseLostError
        with database.step("commit", written.migration):
            try:
                connection.commit()
            except DBAPIError as error:
                known: MigratorError = database.pack.errors.translate(error)
                if isinstance(known, ConnectionLostError):
                    raise _UnknownError(written, turn) from None
                raise known from None

    def _keep(self, written: Range, turn: Turn) -> None:
        name = written.migration
        if written.finished:
            self.held.pop(name, None)
        else:
            self.held[name] = written
        if turn.sizer is not None:
            self.sizers[name] = turn.sizer

    def _sizer(self, lane: Lane) -> Sizer:
        return self.sizers.get(lane.name, lane.sizer)


def in_a_row(one: Turn, other: Turn) -> Turn:
    """What a worker did in two batches."""
    return replace(
        other,
        found=one.found + other.found,
        done=one.done + other.done,
        failed=one.failed + other.failed,
        error=one.error or other.error,
        took=one.took + other.took,
        high=one.high or other.high,
        sizer=other.sizer or one.sizer,
    )


@dataclass(kw_only=False)
class _Sizes:
    """This worker's sizer of one data migration, for whoever times a batch."""

    worker: RangeBatches
    lane: Lane

    @property
    def sizer(self) -> Sizer:
        return self.worker._sizer(self.lane)

    @sizer.setter
    def sizer(self, sizer: Sizer) -> None:
        self.worker.sizers[self.lane.name] = sizer
