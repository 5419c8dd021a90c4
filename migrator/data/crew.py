"""Threads that work beside the run's own, each with connections and, where the engine is async, a loop of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from datetime import timedelta
from functools import partial
from queue import SimpleQueue
from types import TracebackType
from uuid import uuid4

from migrator.data.batches import Batches
from migrator.data.connections import Connections
from migrator.data.lane import Lane
from migrator.data.marks import marked
from migrator.data.range_batches import RangeBatches, Work
from migrator.data.table_rows import TableRows
from migrator.data.turn import ENDS_THE_RUN, StoppedError, Turn
from migrator.errors import ConnectionLostError, DeadlockError, LockTimeoutError, MigratorError, UnreachableError
from migrator.state.data_progress import DataRow, write_turn
from migrator.state.store import Store

IDLE = timedelta(milliseconds=250)
"""How long a run rests that finds nothing to do while others still work."""

_Job = tuple[Work, "Future[Turn]"]


class Crew:
    """The workers of one run: the first is its own thread, the others begin with the first turn that needs them."""

    def __init__(self, store: Store, connections: Connections, stop: threading.Event) -> None:
        self._store, self._stop = store, stop
        self.batches = Batches(store=store, connections=connections, stop=stop)
        self._own = RangeBatches(batches=self.batches, owner=uuid4().hex)
        self._hands: list[_Hand] = []

    def __enter__(self) -> Crew:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for hand in self._hands:
            hand.end()
        with suppress(MigratorError):  # the leases run out by themselves
            self._own.let_go()
        if kind is None:
            self._make_durable()

    def _make_durable(self) -> None:
        """What the run is about to report must not be taken back by a crash any more."""
        lazy, connections = self._store.database.pack.session.lazy_commit, self.batches.connections
        if lazy is None or not connections.sessions:
            return
        with connections.transaction() as connection:
            connection.execute(lazy.ended)
            connection.commit()

    @property
    def sessions(self) -> tuple[str, ...]:
        """The server's names of the other workers' sessions."""
        return tuple(one for hand in self._hands for one in hand.sessions)

    def turn(self, lane: Lane, rows: TableRows, row: DataRow, left: int) -> tuple[Turn, BaseException | None]:
        """A round of each worker, at the same time: what they did together, and what the worst of them raised.

        Waits a moment where other processes hold all that is left.

        Args:
            left: the most rows that they may try.
        """
        works = [Work(lane=lane, rows=rows, row=row, left=share) for share in shares(left, lane.workers)]
        while len(self._hands) < len(works) - 1:
            self._hands.append(_Hand(self._store, self._stop))
        futures = [hand.begin(work) for hand, work in zip(self._hands, works[1:], strict=False)]
        turns: list[Turn] = []
        errors: list[BaseException] = []
        asks: list[Callable[[], Turn]] = [partial(self._own.round, works[0]), *(future.result for future in futures)]
        for ask in asks:
            try:
                turns.append(ask())
            except (MigratorError, StoppedError) as error:
                errors.append(error)
        if not errors and not any(turn.high for turn in turns):
            self._store.database.clock.wait(IDLE)
        self._end_turn(lane, row)
        return together(turns), min(errors, key=_rank, default=None)

    def _end_turn(self, lane: Lane, row: DataRow) -> None:
        """The batches of ranges don't write our row, which says whose turn it is and how fast it goes."""
        marks = marked(row, first=lane.rates.last is None)
        # Only told: whoever holds the row now ends the pass, or parks a row, and the next round tells it.  A connection
        # that was lost is the next batch's trouble.
        harmless = suppress(LockTimeoutError, DeadlockError, ConnectionLostError, UnreachableError)
        with harmless, self.batches.connections.transaction() as connection:
            write_turn(self._store, connection, lane.name, marks)
            with self._store.database.step("turn", lane.name):
                connection.commit()


def shares(left: int, workers: int) -> list[int]:
    """``left`` rows for so many workers, each of which has one at least."""
    count = max(1, min(left, workers))
    return [left // count + (number < left % count) for number in range(count)]


def together(turns: Sequence[Turn]) -> Turn:
    """What workers did at the same time."""
    return Turn(
        found=sum(turn.found for turn in turns),
        done=sum(turn.done for turn in turns),
        failed=sum(turn.failed for turn in turns),
        error=next((turn.error for turn in turns if turn.error is not None), None),
        took=max((turn.took for turn in turns), default=timedelta()),
        sizer=next((turn.sizer for turn in turns if turn.sizer is not None), None),
    )


def _rank(error: BaseException) -> int:
    """What ends the run goes before what ends one data migration."""
    if isinstance(error, StoppedError):
        return 2
    return 0 if isinstance(error, ENDS_THE_RUN) else 1


class _Hand:
    """One thread."""

    def __init__(self, store: Store, stop: threading.Event) -> None:
        self._store, self._stop = store, stop
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._connections = Connections(store.database)
        self._thread = threading.Thread(target=self._run, name="migrator-worker", daemon=True)
        self._thread.start()

    @property
    def sessions(self) -> tuple[str, ...]:
        return self._connections.sessions

    def begin(self, work: Work) -> Future[Turn]:
        """Have a round done."""
        future: Future[Turn] = Future()
        self._jobs.put((work, future))
        return future

    def end(self) -> None:
        """Let the round under way end, and wait for the thread."""
        self._jobs.put(None)
        self._thread.join()

    def _run(self) -> None:
        try:
            self._store.database.run(self._work)
        except MigratorError as error:
            self._refuse(error)

    def _work(self) -> None:
        with self._connections as connections:
            batches = Batches(store=self._store, connections=connections, stop=self._stop)
            worker = RangeBatches(batches=batches, owner=uuid4().hex)
            while (job := self._jobs.get()) is not None:
                work, future = job
                try:
                    future.set_result(worker.round(work))
                except (MigratorError, StoppedError) as error:
                    future.set_exception(error)
                finally:
                    if not future.done():  # else who asked would wait for ever
                        future.cancel()
            try:
                worker.let_go()
            except MigratorError:
                return  # the leases run out by themselves

    def _refuse(self, error: MigratorError) -> None:
        """An async engine's loop could not begin: whoever asks is told why."""
        while (job := self._jobs.get()) is not None:
            job[1].set_exception(error)
