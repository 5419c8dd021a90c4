"""The size of batches, as runs find it."""

from __future__ import annotations

from datetime import timedelta

from migrator.data.context import Context
from migrator.data.kinds import FunctionMigration
from migrator.data.pace import Pace
from migrator.errors import LockTimeoutError
from migrator.state.data_progress import DataRow, read_rows
from tests.integration.data.running import Runner, items, open_store
from tests.integration.data.test_function import TODO, copy
from tests.support.clock import HandClock
from tests.support.database import Database
from tests.support.signals import Scripted

AN_HOUR = timedelta(hours=1)


def stored(database: Database, name: str = "fill") -> DataRow:
    store = open_store(database.url)
    with store.database.autocommit("test") as connection:
        return read_rows(store, connection)[name]


def full_speed(*signals: Scripted, **options: object) -> Pace:
    """Only these signals."""
    return Pace(full_speed=True, signals=signals, **options)  # type: ignore[arg-type]  # tests name the fields


def recording(calls: list[int], target: timedelta = AN_HOUR) -> FunctionMigration:
    """Says how many rows each call was allowed."""

    def function(context: Context, max_count: int) -> tuple[int, int]:
        calls.append(max_count)
        return copy(context, max_count)

    return FunctionMigration(name="fill", function=function, remaining=TODO, target_time=target)


def test_batches_start_small_and_grow_and_the_next_run_begins_where_the_last_one_was(database: Database) -> None:
    items(database, 1000)
    calls: list[int] = []
    runner = Runner(database=database, migrations=[recording(calls)])
    assert runner(400).exit_code == 1
    assert calls == [100, 200, 100]  # the last one by --max-count, which says nothing of time
    assert stored(database).batch_size == 400
    del calls[:]
    assert runner().exit_code == 0
    assert calls[0] == 400


def test_batches_that_take_too_long_become_small(database: Database) -> None:
    items(database, 300)
    calls: list[int] = []
    clock = HandClock()

    def slow(context: Context, max_count: int) -> tuple[int, int]:
        calls.append(max_count)
        clock.pass_by(0.05 * max_count)
        return copy(context, max_count)

    migration = FunctionMigration(name="fill", function=slow, remaining=TODO, target_time=timedelta(seconds=1))
    assert Runner(database=database, migrations=[migration])(200, clock=clock).exit_code == 1
    assert calls[0] == 100
    assert max(calls[1:]) <= 20  # no batch after the first is over the target
    assert 10 <= (stored(database).batch_size or 0) <= 20


def test_a_lock_timeout_halves_the_batch_and_is_tried_again(database: Database) -> None:
    items(database, 150)
    calls: list[int] = []

    def refused_once(context: Context, max_count: int) -> tuple[int, int]:
        calls.append(max_count)
        if len(calls) == 1:
            raise LockTimeoutError("somebody holds a row")
        return copy(context, max_count)

    migration = FunctionMigration(name="fill", function=refused_once, remaining=TODO, target_time=AN_HOUR)
    assert Runner(database=database, migrations=[migration])().exit_code == 0
    assert calls[:2] == [100, 50]
