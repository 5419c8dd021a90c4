"""Pause, resume, cancel, retry, throttle: what another shell does to a data migration.  Its runner heeds it within a
second: it reads its row between two batches and while it waits."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

from sqlalchemy import Connection

from migrator.db.retry import Result, retrying
from migrator.errors import ClosedError, ConfigurationError, DatabaseError, DeadlockError, LockTimeoutError
from migrator.model.data import DataState
from migrator.state.data_control import CANCELLED, PAUSED, write_ratio, write_wanted
from migrator.state.data_progress import DataRow, add_rows, lock_row, read_rows, write_row
from migrator.state.data_ranges import fold
from migrator.state.quarantine import parked_keys, release
from migrator.state.store import Store

_BUDGET = timedelta(seconds=30)
_PAUSE = timedelta(milliseconds=100)
_A_MOMENT = timedelta(milliseconds=20)
# Where one connection at a time writes there is no queue: who looks most often for the gap between two batches gets it.
_AT_ONCE = timedelta(milliseconds=1)
_OFTEN = timedelta(milliseconds=3)


def pause(store: Store, name: str) -> None:
    """Let it rest until :func:`resume`; a batch that runs is finished.

    Locks, here and below: its row, behind the batch that runs, tried again for up to 30 s.

    Raises:
        ClosedError: it is cancelled.
        LockTimeoutError: a batch holds the row for too long.
    """

    def change(connection: Connection, row: DataRow) -> None:
        _refuse_cancelled(row)
        write_wanted(store, connection, name, PAUSED)

    changed(store, name, change)


def resume(store: Store, name: str) -> None:
    """Let it go on; nothing where it wasn't paused.

    Raises: as :func:`pause`.
    """

    def change(connection: Connection, row: DataRow) -> None:
        _refuse_cancelled(row)
        write_wanted(store, connection, name, "")

    changed(store, name, change)


def cancel(store: Store, name: str) -> None:
    """Give it up: no run takes it up again before :func:`retry`.  What is done stays done, contract stays closed."""
    changed(store, name, lambda connection, _: write_wanted(store, connection, name, CANCELLED))


def retry(store: Store, name: str) -> None:
    """Take it up again after a cancel, a failure or a block: the next run begins a new pass over what remains, rows in
    quarantine too, waived or not: none is waived any more."""

    def change(connection: Connection, row: DataRow) -> None:
        write_wanted(store, connection, name, "")
        if row.state.settled and not parked_keys(store, connection, name):
            return
        row = fold(store, connection, row)
        again = row.state.settled or row.state in (DataState.FAILED, DataState.BLOCKED)
        begun = replace(
            row,
            state=DataState.PENDING if again else row.state,
            watermark=None,
            skipped=0,
            pass_size=None,
            pass_tried=0,
            pass_done=0,
            stalled=0,
            quarantined=None,
            waived=None,
            error_class=None,
            error_code=None,
            # A runner's memory of where it was belongs to the write before.
            run_id=uuid4().hex,
            batch_number=row.batch_number + 1,
        )
        release(store, connection, name)
        write_row(store, connection, begun)

    changed(store, name, change)


def throttle(store: Store, name: str, ratio: float, duration: timedelta | None) -> None:
    """Let it rest for this share of the time, from 0 to 1, for so long (None: until changed)."""
    changed(store, name, lambda connection, _: write_ratio(store, connection, name, ratio, duration))


def find(store: Store, name: str, declared: Collection[str]) -> None:
    """Prove that there is such a data migration: declared, or once run.

    Raises:
        ConfigurationError: there is none; names those that there are.
    """
    if name in declared:
        return

    def read() -> set[str]:
        with store.database.autocommit("data control") as connection:
            return set(read_rows(store, connection))

    known = set(declared) | patiently(store, read)
    if name not in known:
        raise ConfigurationError(
            f"there is no data migration called {name!r} (there are: {', '.join(sorted(known)) or 'none'})",
            remedy="migrator data status",
        )


def changed(store: Store, name: str, change: Callable[[Connection, DataRow], None]) -> None:
    """Change it in a transaction that holds its row, which is made where it never ran.

    Raises:
        LockTimeoutError: a batch holds the row for too long.
    """
    store.ensure()
    at_once = _AT_ONCE if store.database.pack.session.one_writer else None
    with store.database.session("data control", lock_timeout=at_once) as session:

        def write() -> None:
            _add_row(store, session, name)
            with store.database.begin(session):
                change(session, lock_row(store, session, name))

        patiently(store, write)


def patiently(store: Store, action: Callable[[], Result]) -> Result:
    """Do something beside a run that may be at full speed: it is tried again until a lock is free.

    Raises:
        LockTimeoutError: that took too long.
    """
    clock = store.database.clock
    if store.database.pack.session.one_writer:
        return retrying(clock, action, budget=_BUDGET, pause=_OFTEN, growth=1)
    return retrying(clock, action, budget=_BUDGET, pause=_PAUSE)


def _refuse_cancelled(row: DataRow) -> None:
    if row.control.cancelled:
        raise ClosedError(
            f"data migration {row.name} is cancelled", remedy=f"migrator data retry {row.name}", migration=row.name
        )


def _add_row(store: Store, session: Connection, name: str) -> None:
    """One that never ran has no row yet; its runner may be making it now."""

    def there() -> bool:
        with store.database.looking(session):
            return name in read_rows(store, session, there=True)

    if there():
        return
    try:
        with store.database.begin(session):
            add_rows(store, session, [name])
    except (LockTimeoutError, DeadlockError):
        raise
    except DatabaseError:
        store.database.clock.wait(_A_MOMENT)
        if not there():
            raise
