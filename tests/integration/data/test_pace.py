"""How fast a run goes: the size of batches, throttle signals, windows, rests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection

from migrator.data.context import Context
from migrator.data.kinds import FunctionMigration
from migrator.data.pace import Pace, signals_of
from migrator.errors import LockTimeoutError
from migrator.model.data import DataReport, DataState
from migrator.model.throttle import Light
from migrator.state.data_progress import DataRow, read_rows
from tests.integration.data.running import Runner, add, fill, items, open_store, states, table_named
from tests.integration.data.test_function import TODO, copy
from tests.support.clock import HandClock
from tests.support.database import Database
from tests.support.poll import eventually
from tests.support.signals import Scripted, always

AN_HOUR = timedelta(hours=1)
A_MOMENT = timedelta(milliseconds=600)


def untouched(database: Database, table: str = "item") -> int:
    return int(database.scalar(f"SELECT count(*) FROM {table} WHERE touched = 0"))


def stored(database: Database, name: str = "fill") -> DataRow:
    store = open_store(database.url)
    with store.database.autocommit("test") as connection:
        return read_rows(store, connection)[name]


def full_speed(*signals: Scripted, **options: object) -> Pace:
    """Only these signals."""
    return Pace(full_speed=True, signals=signals, **options)  # type: ignore[arg-type]  # tests name the fields


# -- the size of batches ---------------------------------------------------------------------------------------------


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


# -- signals ---------------------------------------------------------------------------------------------------------


def test_throttled_until_the_time_is_up_nothing_is_done_and_the_run_exits_4(database: Database) -> None:
    items(database, 5)
    runner = Runner(database=database, migrations=[fill()])
    report = runner(pace=full_speed(always(Light.RED), max_time=4 * A_MOMENT))  # a look at a busy server takes one too
    (row,) = report.rows
    assert (report.exit_code, row.state, report.out_of_time) == (4, DataState.THROTTLED, True)
    assert "scripted: too much" in row.note
    assert row.throttled > timedelta()
    assert untouched(database) == 5
    assert [one.light for one in report.signals] == [Light.RED]
    assert runner().exit_code == 0


def test_however_short_its_time_a_run_that_may_begin_does_a_batch_so_a_loop_on_1_ends(database: Database) -> None:
    items(database, 30)
    function = FunctionMigration(name="fill", function=copy, remaining=TODO, batch_size=10)
    runner = Runner(database=database, migrations=[function])
    pace = full_speed(max_time=timedelta(microseconds=1))
    reports = [runner(pace=pace) for _ in range(4)]
    assert [one.done for one in reports] == [10, 10, 10, 0]
    assert [int(one.exit_code) for one in reports] in ([1, 1, 1, 0], [1, 1, 0, 0])


def test_while_a_signal_is_red_no_batch_begins_and_after_it_the_run_ends_well(database: Database) -> None:
    items(database, 30)
    seen: list[int] = []

    def says(number: int) -> Light:
        if 1 <= number <= 4:
            seen.append(untouched(database))
        return Light.RED if 1 <= number <= 3 else Light.GREEN

    signal = Scripted(says=says)
    report = Runner(database=database, migrations=[slow_fill(database, signal)])(pace=full_speed(signal))
    (row,) = report.rows
    assert (report.exit_code, row.done) == (0, 30)
    assert row.throttled > timedelta()
    assert len(set(seen[1:])) == 1 < seen[1], seen  # a batch that ran when it turned red was finished, no other began
    assert (stored(database).throttled_ms or 0) > 0


def slow_fill(database: Database, signal: Scripted) -> FunctionMigration:
    """A row a batch, and none ends before the signal was read again: so it turns red in the middle."""

    def function(context: Context, max_count: int) -> tuple[int, int]:
        if signal.read_count <= 2:
            before = signal.read_count
            eventually(lambda: signal.read_count > before)
        return copy(context, min(max_count, 2))

    return FunctionMigration(name="fill", function=function, remaining=TODO, batch_size=2)


def test_a_signal_that_can_not_be_read_stops_and_one_that_is_not_shown_is_said_once(database: Database) -> None:
    items(database, 5)
    runner = Runner(database=database, migrations=[fill()])
    assert runner(pace=full_speed(always(None), max_time=A_MOMENT)).exit_code == 4
    said: list[str] = []
    assert runner(pace=full_speed(always(Light.NOT_SHOWN)), say=said.append).exit_code == 0
    assert said == ["not watched: scripted: "]


def test_full_speed_switches_the_default_signals_off_but_not_the_user_s(database: Database) -> None:
    door = open_store(database.url).database

    def names(**options: object) -> list[str]:
        pace = Pace(file=Path("stop"), **options)  # type: ignore[arg-type]  # tests name the fields
        return [one.name for one in signals_of(pace, door, lambda: ())]

    polite = {"sqlite": [], "postgresql": ["blocked sessions", "active sessions", "replica lag"]}
    servers = polite.get(database.dialect, ["blocked sessions", "active sessions"])
    assert names() == [*servers, "throttle_file"]
    assert names(full_speed=True) == ["throttle_file"]


def test_a_polite_run_reads_the_server_s_signals_and_ends_well(database: Database) -> None:
    items(database, 500)
    report = Runner(database=database, migrations=[fill(batch_size=50)])(pace=Pace(cores=1000))
    assert (report.exit_code, report.pace) == (0, "polite")
    lights = {one.signal: one.light for one in report.signals}
    assert lights.get("blocked sessions", Light.GREEN) is Light.GREEN
    assert lights.get("active sessions", Light.GREEN) is Light.GREEN
    assert lights.get("replica lag", Light.ABSENT) in (Light.ABSENT, Light.GREEN)


@pytest.mark.servers("postgresql", "postgresql-14", "postgresql-18")
@pytest.mark.parametrize("full_speed", [False, True], ids=["polite", "full speed"])
def test_only_at_full_speed_the_server_shares_a_question_out_among_processes(
    database: Database, full_speed: bool
) -> None:
    setting = "SHOW max_parallel_workers_per_gather"
    seen: set[str] = set()

    def remaining(connection: Connection) -> int:
        seen.add(str(connection.exec_driver_sql(setting).scalar_one()))
        return 0

    items(database, 5)
    migration = FunctionMigration(name="fill", function=copy, remaining=remaining)
    assert Runner(database=database, migrations=[migration])(pace=Pace(full_speed=full_speed)).exit_code == 0
    assert seen == {str(database.scalar(setting)) if full_speed else "0"}


def test_the_user_s_own_query_stops_above_its_limit_and_where_it_gives_no_number(database: Database) -> None:
    items(database, 5)
    runner = Runner(database=database, migrations=[fill()])

    def code(sql: str, limit: float, max_time: timedelta | None = A_MOMENT) -> tuple[int, str]:
        report = runner(pace=full_speed(sql=sql, sql_limit=limit, max_time=max_time))
        return int(report.exit_code), report.rows[0].note

    assert code("SELECT count(*) FROM item WHERE 'a%' LIKE 'a%'", 4) == (4, "throttle_sql: 5, more than 4")
    assert code("SELECT NULL", 4) == (4, "throttle_sql: it gave no number but NULL")
    refused, why = code("SELECT no_such_column FROM item", 4)
    assert (refused, "it can't be read" in why, "no_such_column" in why) == (4, True, False)
    assert untouched(database) == 5
    assert code("SELECT count(*) FROM item WHERE 'a%' LIKE 'a%'", 5, max_time=None)[0] == 0


# -- times of the day ------------------------------------------------------------------------------------------------


def test_outside_its_window_a_migration_waits_and_the_others_go_on(database: Database) -> None:
    for name in ("one", "two"):
        items(database, 5, table=name)
    night = fill("one", table=table_named("one"), window="22:00-06:00 Europe/Berlin")
    runner = Runner(database=database, migrations=[night, fill("two", table=table_named("two"))])

    def run_at(hour: int) -> DataReport:
        return runner(pace=Pace(full_speed=True, now=lambda: datetime(2026, 1, 10, hour, tzinfo=UTC)))

    report = run_at(12)
    assert (report.exit_code, states(report)) == (4, {"one": DataState.WAITING, "two": DataState.DONE})
    assert report.rows[0].waiting_for == ("window 22:00-06:00 Europe/Berlin",)
    assert "opens in 9.0 h" in report.rows[0].note
    assert untouched(database, "one") == 5
    assert run_at(23).exit_code == 0


def test_what_is_done_is_done_at_any_time_and_under_any_load_until_rows_come_again(database: Database) -> None:
    items(database, 5)
    night = fill(window="22:00-06:00")
    runner = Runner(database=database, migrations=[night])
    assert runner(pace=Pace(full_speed=True, now=lambda: datetime(2026, 1, 10, 23, tzinfo=UTC))).exit_code == 0
    noon = full_speed(always(Light.RED), max_time=A_MOMENT, now=lambda: datetime(2026, 1, 10, 12, tzinfo=UTC))
    assert runner(pace=noon).exit_code == 0
    add(database, [6])
    assert runner(pace=noon).exit_code == 4
    assert untouched(database) == 1


def test_a_window_for_all_closes_all(database: Database) -> None:
    items(database, 5)
    noon = Pace(full_speed=True, window="22:00-06:00", now=lambda: datetime(2026, 1, 10, 12, tzinfo=UTC))
    assert Runner(database=database, migrations=[fill()])(pace=noon).exit_code == 4
    assert untouched(database) == 5


# -- rests -----------------------------------------------------------------------------------------------------------


def by_the_clock(clock: HandClock) -> FunctionMigration:
    """A row a batch, of three seconds each."""

    def function(context: Context, max_count: int) -> tuple[int, int]:
        clock.pass_by(3)
        return copy(context, min(1, max_count))

    return FunctionMigration(name="fill", function=function, remaining=TODO)


@pytest.mark.servers("sqlite")  # it has no signals, whose age a clock turned by hand would count
def test_rests_of_a_polite_run_are_in_proportion_to_its_batches_and_told_apart(database: Database) -> None:
    items(database, 5)
    clock = HandClock()
    report = Runner(database=database, migrations=[by_the_clock(clock)])(clock=clock, pace=Pace(ratio=0.75))
    (row,) = report.rows
    assert (report.exit_code, row.done) == (0, 5)
    assert row.rate == pytest.approx(1 / 3)
    assert timedelta(seconds=36) <= row.throttled <= timedelta(seconds=47)  # 9 s after each, after the last one or not


class BusyClock(HandClock):
    """Each look at it takes 40 ms; remembers the waits."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[timedelta] = []

    def monotonic(self) -> timedelta:
        self.pass_by(0.04)
        return super().monotonic()

    def wait(self, duration: timedelta) -> None:
        self.waits.append(duration)
        super().wait(duration)


def test_at_full_speed_other_writers_get_a_turn_only_where_the_file_has_one_writer(database: Database) -> None:
    items(database, 120)
    clock = BusyClock()
    runner = Runner(database=database, migrations=[fill(batch_size=2)])
    assert runner(pace=full_speed(), clock=clock).exit_code == 0
    rests = [one for one in clock.waits if one > timedelta(milliseconds=50)]
    # One for each second of batches; another connection looks again after 100 ms at the latest.
    assert len(rests) >= 5 if database.dialect == "sqlite" else rests == []
