"""Signals: when they stop the work, and when they let it go on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection

from migrator.data.rates import Rates
from migrator.data.throttle.flag_file import FlagFile
from migrator.data.throttle.own_function import OwnFunction, function_named
from migrator.data.throttle.replica_lag import PrimaryLag
from migrator.data.throttle.throttle import CALM, STALE, Throttle
from migrator.data.throttle.window import parse_windows
from migrator.dialects.sqlite.throttle import SQLiteThrottle
from migrator.dialects.throttle import Replica, Replication
from migrator.errors import ConfigurationError
from migrator.model.throttle import Light
from tests.support.clock import HandClock
from tests.support.signals import Scripted, always


@contextmanager
def asking() -> Iterator[Connection]:
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def throttle(*signals: Scripted) -> tuple[Throttle, HandClock]:
    clock = HandClock()
    return Throttle(signals=signals, clock=clock), clock


def stops(one: Throttle) -> list[str]:
    return [reading.signal for reading in one.stopping()]


# -- all together ----------------------------------------------------------------------------------------------------


def test_before_the_first_reading_nothing_may_begin() -> None:
    one, _ = throttle(always(Light.GREEN))
    assert stops(one) == ["scripted"]
    one.poll(asking)
    assert stops(one) == []


def test_without_signals_nothing_stops() -> None:
    one, _ = throttle()
    assert stops(one) == []


def test_red_stops_at_once_and_lets_go_after_a_moment_of_calm() -> None:
    lights = iter([Light.GREEN, Light.RED, Light.GREEN, Light.GREEN])
    one, clock = throttle(Scripted(says=lambda _: next(lights)))
    one.poll(asking)
    assert stops(one) == []
    one.poll(asking)
    assert stops(one) == ["scripted"]
    one.poll(asking)
    assert stops(one) == ["scripted"]
    clock.pass_by(CALM.total_seconds())
    one.poll(asking)
    assert stops(one) == []


def test_a_signal_that_flaps_lets_nothing_begin_between_its_red_moments() -> None:
    one, clock = throttle(Scripted(says=lambda number: Light.RED if number % 2 else Light.GREEN))
    one.poll(asking)
    for _ in range(40):
        clock.pass_by(0.25)
        one.poll(asking)
        assert stops(one) == ["scripted"]


def test_an_answer_that_is_too_old_stops_until_there_is_a_new_one() -> None:
    one, clock = throttle(always(Light.GREEN))
    one.poll(asking)
    clock.pass_by(STALE.total_seconds())
    assert stops(one) == []
    clock.pass_by(0.1)
    (reading,) = one.stopping()
    assert (reading.light, reading.age > STALE) == (Light.UNKNOWN, True)
    assert "3 s old" in reading.reason
    one.poll(asking)
    assert stops(one) == []


def test_a_signal_that_can_not_be_read_stops_and_its_driver_s_text_is_not_told() -> None:
    one, _ = throttle(always(None))
    one.poll(asking)
    (reading,) = one.stopping()
    assert reading.light is Light.UNKNOWN
    assert "57014" in reading.reason
    assert "secret" not in reading.reason


def test_a_default_signal_that_never_could_be_read_is_not_shown_but_one_that_could_be_stops() -> None:
    never = always(None)
    never.default = True
    one, _ = throttle(never)
    one.poll(asking)
    assert stops(one) == []
    assert [reading.light for reading in one.readings()] == [Light.NOT_SHOWN]
    once = Scripted(says=lambda number: None if number else Light.GREEN, default=True)
    other, _ = throttle(once)
    other.poll(asking)
    assert stops(other) == []
    other.poll(asking)
    assert stops(other) == ["scripted"]


def test_what_the_server_does_not_show_stops_nothing_and_is_not_green_however_old() -> None:
    one, clock = throttle(always(Light.NOT_SHOWN))
    one.poll(asking)
    clock.pass_by(100)
    assert stops(one) == []
    assert [reading.light for reading in one.readings()] == [Light.NOT_SHOWN]


def test_one_signal_of_several_is_enough_and_is_named() -> None:
    busy = always(Light.RED)
    busy.name = "busy"
    one, _ = throttle(always(Light.GREEN), busy)
    one.poll(asking)
    assert stops(one) == ["busy"]


# -- replicas --------------------------------------------------------------------------------------------------------


class Primary(SQLiteThrottle):
    """A primary that says what a test wants."""

    remedy_replicas = "GRANT pg_monitor"

    def __init__(self, said: Replication | None) -> None:
        self.said = said

    def replication(self, connection: Connection) -> Replication | None:
        return self.said


def replicas(position: int, **applied: int) -> Replication:
    return Replication(
        position=position, replicas=tuple(Replica(name=name, applied=at) for name, at in applied.items())
    )


def test_a_replica_that_stops_applying_gets_later_though_the_server_says_no_lag() -> None:
    clock = HandClock()
    primary = Primary(replicas(100, db2=100, db3=100))
    lag = PrimaryLag(rules=primary, clock=clock, limit=timedelta(seconds=5))
    assert lag.read(asking).light is Light.GREEN
    for second in range(1, 9):
        clock.pass_by(1)
        primary.said = replicas(100 + second, db2=100, db3=100 + second)
        reading = lag.read(asking)
    assert (reading.light, reading.value) == (Light.RED, 7.0)
    assert "db2" in reading.reason
    primary.said = replicas(108, db2=108, db3=108)
    assert lag.read(asking).light is Light.GREEN


def test_what_the_server_says_of_the_lag_counts_too() -> None:
    late = Replica(name="db2", applied=1, lag=timedelta(seconds=9))
    lag = PrimaryLag(rules=Primary(Replication(position=1, replicas=(late,))), clock=HandClock())
    assert lag.read(asking).light is Light.RED


def test_no_replica_is_no_lag_of_zero_and_one_that_went_away_stops() -> None:
    primary = Primary(replicas(1))
    lag = PrimaryLag(rules=primary, clock=HandClock())
    assert lag.read(asking).light is Light.ABSENT
    primary.said = replicas(1, db2=1)
    assert lag.read(asking).light is Light.GREEN
    primary.said = replicas(1)
    assert lag.read(asking).light is Light.UNKNOWN


def test_a_missing_privilege_is_not_green_and_says_what_to_grant() -> None:
    reading = PrimaryLag(rules=Primary(None), clock=HandClock()).read(asking)
    assert (reading.light, "GRANT pg_monitor" in reading.reason) == (Light.NOT_SHOWN, True)


# -- the user's own --------------------------------------------------------------------------------------------------


def test_a_flag_file_stops_while_it_exists(tmp_path: Path) -> None:
    signal = FlagFile(path=tmp_path / "stop")
    assert signal.read(asking).light is Light.GREEN
    signal.path.touch()
    assert signal.read(asking).light is Light.RED
    assert FlagFile(path=signal.path / "below").read(asking).light is Light.UNKNOWN


def test_a_function_says_why_to_stop_and_anything_else_is_unknown() -> None:
    assert OwnFunction(function=lambda: None).read(asking).light is Light.GREEN
    assert OwnFunction(function=lambda: "deploying").read(asking).reason == "deploying"
    whatever: Any = lambda: True  # noqa: E731  what users write
    assert OwnFunction(function=whatever).read(asking).light is Light.UNKNOWN


def test_a_function_that_raises_stops() -> None:
    def broken() -> str | None:
        raise RuntimeError("secret")

    one = Throttle(signals=[OwnFunction(function=broken)], clock=HandClock())
    one.poll(asking)
    (reading,) = one.stopping()
    assert (reading.light, "secret" in reading.reason) == (Light.UNKNOWN, False)


def test_a_function_is_found_by_its_place() -> None:
    assert function_named("tempfile:gettempdir", "throttle_function")()
    for text in ("tempfile", "tempfile:no_such", ":x"):
        with pytest.raises(ConfigurationError):
            function_named(text, "throttle_function")


# -- windows ---------------------------------------------------------------------------------------------------------


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("window", "moment", "is_open"),
    [
        ("22:00-06:00 Europe/Berlin", "2026-01-10T21:00", True),
        ("22:00-06:00 Europe/Berlin", "2026-01-10T20:59", False),
        ("22:00-06:00 Europe/Berlin", "2026-07-10T20:00", True),
        ("22:00-06:00 Europe/Berlin", "2026-07-10T04:00", False),
        ("22:00-06:00", "2026-07-10T05:59", True),
        ("09:00-10:00, 12:30-24:00 UTC", "2026-07-10T23:59", True),
        ("09:00-10:00, 12:30-24:00 UTC", "2026-07-10T10:00", False),
        ("00:00-00:00", "2026-07-10T10:00", True),
        ("02:00-03:00 Europe/Berlin", "2026-10-25T00:30", True),  # the hour that comes twice: it is open twice
        ("02:00-03:00 Europe/Berlin", "2026-10-25T01:30", True),
        ("02:00-03:00 Europe/Berlin", "2026-10-25T02:00", False),
        ("02:00-03:00 Europe/Berlin", "2026-03-29T00:59", False),  # the hour that is left out: not that day
        ("02:00-03:00 Europe/Berlin", "2026-03-29T01:00", False),
        ("23:30-02:30 Europe/Berlin", "2026-03-29T00:59", True),
        ("23:30-02:30 Europe/Berlin", "2026-03-29T01:00", False),
    ],
)
def test_a_window_is_open_by_the_wall_clock_of_its_zone(window: str, moment: str, is_open: bool) -> None:
    assert parse_windows(window, "x").is_open(at(moment)) is is_open


def test_it_says_when_it_opens_also_over_a_change_of_the_clock() -> None:
    windows = parse_windows("03:00-04:00 Europe/Berlin", "x")
    assert windows.opens_in(at("2026-03-29T00:30")) == timedelta(minutes=30)  # 01:30 CET; 03:00 CEST is 01:00 UTC
    assert windows.opens_in(at("2026-03-29T01:15")) == timedelta()
    left_out = parse_windows("02:00-03:00 Europe/Berlin", "x")
    assert left_out.opens_in(at("2026-03-29T00:30")) == timedelta(hours=23, minutes=30)
    assert parse_windows("22:00-06:00", "x").opens_in(at("2026-07-10T20:30")) == timedelta(hours=1, minutes=30)


@pytest.mark.parametrize("text", "|nights|25:00-26:00|22:00|22:00-06:00 Mars/Base|22:60-23:00|1:00-2:00,".split("|"))
def test_a_window_that_can_not_be_read_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="here"):
        parse_windows(text, "here")


# -- how long it takes -----------------------------------------------------------------------------------------------


def test_the_time_left_is_not_known_before_three_batches_and_then_a_range() -> None:
    rates = Rates()
    for second in (1, 2):
        rates.add(100, at=timedelta(seconds=second), took=timedelta(seconds=1))
        assert rates.eta(1000) is None
    rates.add(50, at=timedelta(seconds=3), took=timedelta(seconds=1))
    known = rates.eta(1000)
    assert known is not None
    least, most = known
    assert timedelta(seconds=8) <= least < most <= timedelta(seconds=48)


def test_rests_and_waits_make_the_time_left_longer() -> None:
    rates = Rates()
    for second in range(0, 40, 10):
        rates.add(100, at=timedelta(seconds=second), took=timedelta(seconds=1))
    known = rates.eta(1000)
    assert known is not None
    assert known[1] >= timedelta(seconds=70)


def test_batches_that_did_nothing_leave_the_time_unknown() -> None:
    rates = Rates()
    for second in range(5):
        rates.add(0, at=timedelta(seconds=second), took=timedelta(seconds=1))
    assert rates.eta(10) is None
