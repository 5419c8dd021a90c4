"""What other shells want of a data migration: pause, resume, cancel, retry, throttle."""

from __future__ import annotations

import statistics
import threading
from datetime import timedelta
from time import perf_counter

import pytest

from migrator.data import control
from migrator.data.pace import FULL_SPEED, Pace
from migrator.errors import ClosedError
from migrator.model.data import DataProgress, DataState
from migrator.model.throttle import Light
from tests.integration.data.running import Runner, fill, items, learned, open_store, states, table_named
from tests.integration.data.test_pace import AN_HOUR, by_the_clock, full_speed, stored, untouched
from tests.support.clock import HandClock
from tests.support.database import Database
from tests.support.poll import eventually
from tests.support.signals import always


def test_paused_before_a_run_it_is_left_alone_and_the_next_command_is_named(database: Database) -> None:
    items(database, 5)
    control.pause(open_store(database.url), "fill")
    runner = Runner(database=database, migrations=[fill()])
    report = runner()
    assert (report.exit_code, states(report)) == (4, {"fill": DataState.PAUSED})
    assert report.next[0] == "migrator data resume fill"
    assert runner.stored("fill").state is DataState.PAUSED
    assert untouched(database) == 5
    control.resume(open_store(database.url), "fill")
    assert runner().exit_code == 0


def test_paused_while_it_runs_it_waits_until_it_is_resumed(database: Database) -> None:
    items(database, 30)
    waited: list[int] = []

    def told(progress: DataProgress) -> None:
        if progress.held_by.startswith("paused"):
            waited.append(untouched(database))
            if len(waited) == 3:
                control.resume(open_store(database.url), "fill")
        elif progress.done == 10:
            control.pause(open_store(database.url), "fill")

    report = Runner(database=database, migrations=[fill(batch_size=10)])(progress=told)
    assert (report.exit_code, report.done, set(waited)) == (0, 30, {20})


def test_paused_while_it_runs_and_never_resumed_the_run_ends_with_its_time_and_exits_4(database: Database) -> None:
    items(database, 30)

    def told(progress: DataProgress) -> None:
        if progress.done == 10 and not progress.held_by:
            control.pause(open_store(database.url), "fill")

    runner = Runner(database=database, migrations=[fill(batch_size=10)])
    report = runner(progress=told, pace=Pace(full_speed=True, max_time=timedelta(seconds=5)))
    assert (report.exit_code, states(report), untouched(database)) == (4, {"fill": DataState.PAUSED}, 20)


@pytest.mark.servers("sqlite")
def test_a_pause_gets_in_within_a_second_while_a_run_at_full_speed_never_rests(database: Database) -> None:
    database.execute(
        "CREATE TABLE item (id INTEGER NOT NULL PRIMARY KEY, old INTEGER, new INTEGER, bad INTEGER"
        " NOT NULL DEFAULT 0, touched INTEGER NOT NULL DEFAULT 0)"
    )
    database.execute(
        "INSERT INTO item (id, old) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 600000)"
        " SELECT i, i FROM n"
    )
    learned(database, "fill", 10_000)
    stop = threading.Event()
    runner = Runner(database=database, migrations=[fill(batch_size=10_000)])
    run = threading.Thread(target=runner, kwargs={"stop": stop, "pace": FULL_SPEED})
    run.start()
    store, took = open_store(database.url), list[float]()

    def paused() -> bool:
        return bool(runner.told) and runner.told[-1].held_by.startswith("paused")

    while run.is_alive() and len(took) < 7:
        runner.told.clear()
        eventually(lambda: len(runner.told) > 2 or not run.is_alive(), within=30)
        begin = perf_counter()
        control.pause(store, "fill")
        eventually(lambda: paused() or not run.is_alive(), within=30, every=0.01)
        if paused():  # else it came to its end before
            took.append(perf_counter() - begin)
        control.resume(store, "fill")
    stop.set()
    run.join()
    assert len(took) >= 3, "the run was over too soon: nothing is proven"
    assert statistics.median(took) < 1, took


def test_the_others_go_on_beside_a_paused_one(database: Database) -> None:
    for name in ("one", "two"):
        items(database, 5, table=name)
    runner = Runner(database=database, migrations=[fill(name, table=table_named(name)) for name in ("one", "two")])
    control.pause(open_store(database.url), "one")
    report = runner()
    assert (report.exit_code, untouched(database, "one"), untouched(database, "two")) == (4, 5, 0)


def test_cancelled_it_ends_and_no_run_takes_it_up_before_a_retry(database: Database) -> None:
    items(database, 30)

    def told(progress: DataProgress) -> None:
        if progress.done == 10:
            control.cancel(open_store(database.url), "fill")

    runner = Runner(database=database, migrations=[fill(batch_size=10)])
    report = runner(progress=told)
    assert (report.exit_code, states(report), report.done) == (4, {"fill": DataState.CANCELLED}, 10)
    assert report.next[0] == "migrator data retry fill"
    assert (runner().exit_code, untouched(database)) == (4, 20)
    for change in (control.pause, control.resume):
        with pytest.raises(ClosedError, match="cancelled"):
            change(open_store(database.url), "fill")
    control.retry(open_store(database.url), "fill")
    assert (runner().exit_code, untouched(database)) == (0, 0)
    assert database.scalar("SELECT count(*) FROM item WHERE touched > 1") == 0


def test_retry_takes_up_what_failed_from_the_first_row_that_remains(database: Database) -> None:
    items(database, 12, bad=range(1, 7))
    runner = Runner(database=database, migrations=[fill(batch_size=5)])
    assert runner.exit_codes(100)[-1] == 2
    control.retry(open_store(database.url), "fill")
    row = stored(database)
    assert (row.state, row.pass_size, row.watermark, row.error_class) == (DataState.PENDING, None, None, None)
    database.execute("UPDATE item SET bad = 0")
    assert runner().exit_code == 0


def test_throttled_by_hand_to_a_stop_it_waits_until_the_ratio_is_taken_back(database: Database) -> None:
    items(database, 30)
    held: list[str] = []

    def told(progress: DataProgress) -> None:
        if progress.held_by:
            held.append(progress.held_by)
            control.throttle(open_store(database.url), "fill", 0.0, None)

    control.throttle(open_store(database.url), "fill", 1.0, timedelta(hours=2))
    assert timedelta(hours=1) < (stored(database).control.ratio_left or timedelta()) <= timedelta(hours=2)
    report = Runner(database=database, migrations=[fill(batch_size=10)])(progress=told)
    assert report.exit_code == 0
    assert held[0] == "throttled by hand for 2.0 h: ratio 1"
    assert report.rows[0].throttled > timedelta()


def test_a_ratio_lets_it_rest_between_batches_and_ends_by_itself(database: Database) -> None:
    items(database, 30)
    control.throttle(open_store(database.url), "fill", 0.5, AN_HOUR)
    report = Runner(database=database, migrations=[fill(batch_size=10)])()
    assert report.exit_code == 0
    control.throttle(open_store(database.url), "fill", 1.0, -AN_HOUR)
    assert stored(database).control.ratio == 0.0
    assert stored(database).control.ratio_left is None


def test_a_control_and_the_progress_do_not_overwrite_each_other(database: Database) -> None:
    items(database, 30)

    def told(progress: DataProgress) -> None:
        if progress.done == 10:
            control.throttle(open_store(database.url), "fill", 0.1, AN_HOUR)

    assert Runner(database=database, migrations=[fill(batch_size=10)])(progress=told).exit_code == 0
    row = stored(database)
    assert (row.done, row.control.ratio) == (30, 0.1)


def test_why_a_run_waits_is_seen_from_another_shell(database: Database) -> None:
    items(database, 5)
    runner = Runner(database=database, migrations=[fill()])
    assert runner(2).exit_code == 1
    seen: list[str] = []

    def told(progress: DataProgress) -> None:
        if progress.held_by:
            seen.append(stored(database).control.held_by)

    pace = full_speed(always(Light.RED), max_time=timedelta(seconds=3))
    assert runner(pace=pace, progress=told).exit_code == 4
    assert "scripted: too much" in seen
    assert stored(database).control.held_by == ""


def test_rests_asked_for_by_hand_are_in_proportion_to_the_batches(database: Database) -> None:
    items(database, 3)
    clock = HandClock()
    control.throttle(open_store(database.url), "fill", 0.5, None)
    report = Runner(database=database, migrations=[by_the_clock(clock)])(clock=clock)
    (row,) = report.rows
    assert (report.exit_code, row.done) == (0, 3)
    assert row.rate == pytest.approx(1 / 3)
    assert timedelta(seconds=6) <= row.throttled <= timedelta(seconds=10)
