"""Trouble with the database never reaches the application: it is logged once, and the heartbeat goes on."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import pytest
import sqlalchemy as sa

from migrator.model.service import ServiceState
from migrator.services.minimum import minimum_version
from tests.support.cable import cabled
from tests.support.database import Database
from tests.support.poll import eventually
from tests.support.services import SOON, TABLE, beating, make_tables, read, register, the_service, wait_for_a_beat

ON_SERVERS = pytest.mark.servers(
    "postgresql", "postgresql-14", "postgresql-18", "postgresql-psycopg", "mariadb", "mysql"
)
SECRETS = ("pass word/%", "pass%20word", "INSERT", "UPDATE ", "SELECT ", "b71e", "[SQL", "parameters")
NO_RIGHTS = {"postgresql": "permission denied", "mysql": "denied to user"}  # the drivers' own words


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    caplog.set_level(logging.INFO, "migrator.services")
    yield caplog
    for secret in SECRETS:
        told = caplog.text.replace("grant SELECT, INSERT, UPDATE and DELETE", "")
        assert secret not in told


def warnings(log: pytest.LogCaptureFixture, about: str = "") -> list[str]:
    return [
        record.message
        for record in list(log.records)
        if record.name == "migrator.services" and record.levelno >= logging.WARNING and about in record.message
    ]


def warned(log: pytest.LogCaptureFixture, about: str) -> None:
    eventually(lambda: warnings(log, about), within=30, what=f"a warning about {about!r}; there are {warnings(log)}")


@contextmanager
def locked(database: Database) -> Iterator[None]:
    """Our table is locked for everybody else."""
    begin = {
        "postgresql": "LOCK TABLE migrator_service IN ACCESS EXCLUSIVE MODE",
        "mysql": "LOCK TABLES migrator_service WRITE",
        "sqlite": "BEGIN EXCLUSIVE",
    }
    engine = database.engine(poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(begin[database.dialect])
        yield
        connection.rollback()
        if database.dialect == "mysql":
            connection.exec_driver_sql("UNLOCK TABLES")


def test_a_missing_table_is_warned_of_once_and_found_when_it_is_made(
    database: Database, log: pytest.LogCaptureFixture
) -> None:
    attempts: list[float] = []
    engine = database.engine()
    sa.event.listen(engine, "checkout", lambda *_: attempts.append(time.monotonic()))
    with register(engine) as registration:
        eventually(lambda: len(attempts) > 3)
        assert not registration.wait_until_seen(timedelta())
        make_tables(database)
        assert registration.wait_until_seen(SOON)
    assert len(warnings(log)) == 1
    assert "`migrator expand`" in warnings(log)[0]


def test_a_missing_schema_is_a_missing_table(database: Database, log: pytest.LogCaptureFixture) -> None:
    if database.dialect == "sqlite":
        pytest.skip("SQLite has no schemas")
    with register(database.engine(), version_table_schema="nowhere"):
        warned(log, "nowhere.migrator_service is not there")


def test_a_locked_table_delays_heartbeats_and_nothing_else(database: Database, log: pytest.LogCaptureFixture) -> None:
    make_tables(database)
    with register(database.engine(), instance="web-1") as registration:
        assert registration.wait_until_seen(SOON)
        with locked(database):
            warned(log, "lock")
        wait_for_a_beat(database)
        assert the_service(database).state is ServiceState.LIVE
    assert len(warnings(log, "lock")) == 1
    assert any("that is over" in record.message for record in log.records)


def test_a_heartbeat_that_waits_for_a_lock_gives_its_connection_back(database: Database) -> None:
    make_tables(database)
    engine = database.engine(pool_size=1, max_overflow=0, pool_timeout=20)
    with register(engine, interval=timedelta(seconds=1)) as registration:
        assert registration.wait_until_seen(SOON)
        with locked(database):
            for _ in range(3):
                eventually(lambda: engine.pool.checkedout(), within=20, what="the heartbeat waits")  # type: ignore[attr-defined]  # of QueuePool
                with engine.connect():
                    pass


def test_a_pool_without_a_free_connection_is_warned_of(database: Database, log: pytest.LogCaptureFixture) -> None:
    make_tables(database)
    engine = database.engine(pool_size=1, max_overflow=0, pool_timeout=0.05)
    with engine.connect(), register(engine):
        warned(log, "pool")
    assert "pool_size" in warnings(log, "pool")[0]


def test_hooks_of_the_engine_that_raise_are_warned_of(database: Database, log: pytest.LogCaptureFixture) -> None:
    make_tables(database)
    engine = database.engine()
    broken = [True]

    @sa.event.listens_for(engine, "do_connect")
    def token(*_: object) -> None:
        if broken[0]:
            raise KeyError("pass word/%")

    with register(engine) as registration:
        warned(log, "KeyError")
        broken[0] = False
        assert registration.wait_until_seen(SOON)


def test_an_engine_with_one_connection_for_all_is_left_alone(database: Database, log: pytest.LogCaptureFixture) -> None:
    make_tables(database)
    engine = database.engine(poolclass=sa.StaticPool)
    with register(engine) as registration:
        assert not registration.wait_until_seen(timedelta())
    assert "one connection for all" in warnings(log)[0]
    assert read(database) == ()


@ON_SERVERS
def test_a_cut_connection_is_replaced(database: Database, log: pytest.LogCaptureFixture) -> None:
    make_tables(database)
    with cabled(database.url) as cable, register(sa.create_engine(cable.url)) as registration:
        assert registration.wait_until_seen(SOON)
        cable.cut()
        warned(log, "not heard of")
        cable.mend()
        wait_for_a_beat(database)


@ON_SERVERS
def test_a_server_that_is_silent_is_not_waited_for_for_ever(database: Database, log: pytest.LogCaptureFixture) -> None:
    make_tables(database)
    expiry = timedelta(seconds=1)
    with cabled(database.url) as cable, register(sa.create_engine(cable.url), expiry=expiry) as registration:
        assert registration.wait_until_seen(SOON)
        cable.hold()
        warned(log, "connection to the server was lost")
        eventually(lambda: the_service(database).state is ServiceState.SILENT, what="it is silent for the others")
        cable.mend()
        wait_for_a_beat(database)


@ON_SERVERS
@pytest.mark.parametrize("ping", [True, False])
def test_a_server_that_another_one_took_over_from_without_a_word_is_left(database: Database, ping: bool) -> None:
    make_tables(database)
    with cabled(database.url) as cable:
        engine = sa.create_engine(cable.url, pool_pre_ping=ping)
        with register(engine, expiry=timedelta(seconds=1)) as registration:
            assert registration.wait_until_seen(SOON)
            cable.hold()
            eventually(lambda: the_service(database).state is ServiceState.SILENT, what="it is silent for the others")
            cable.replace()
            eventually(lambda: the_service(database).state is ServiceState.LIVE, within=30, what="a new connection")


@ON_SERVERS
def test_attempts_that_nobody_answers_do_not_pile_up(database: Database, log: pytest.LogCaptureFixture) -> None:
    make_tables(database)
    with cabled(database.url) as cable:
        engine = sa.create_engine(cable.url, poolclass=sa.NullPool)
        cable.hold()
        with ThreadPoolExecutor(5) as pool:
            names = [f"service {number}" for number in range(5)]
            assert [*pool.map(lambda name: minimum_version(name, engine), names)] == [None] * 5
        assert len(warnings(log, "gave no connection within 5 s")) == 5
        assert minimum_version("one more", engine) is None
        assert len(warnings(log, "5 earlier attempts still wait")) == 1
        cable.mend()
        eventually(lambda: not [one for one in threading.enumerate() if one.name == "migrator visit"], within=30)


@ON_SERVERS
def test_a_server_that_is_not_there_at_the_start_is_found_later(
    database: Database, log: pytest.LogCaptureFixture
) -> None:
    make_tables(database)
    with cabled(database.url) as cable:
        cable.cut()
        with register(sa.create_engine(cable.url)) as registration:
            warned(log, "does not answer")
            cable.mend()
            assert registration.wait_until_seen(timedelta(seconds=30))


@ON_SERVERS
def test_an_application_without_any_right_is_warned_and_lives(
    database: Database, make_login: Callable[..., str], log: pytest.LogCaptureFixture
) -> None:
    make_tables(database)
    with register(database.engine(), instance="well") as registration:
        assert registration.wait_until_seen(SOON)
    engine = sa.create_engine(make_login("none"), poolclass=sa.NullPool)
    with register(engine, instance="without"):
        warned(log, "grant SELECT, INSERT, UPDATE and DELETE on migrator_service")
    assert NO_RIGHTS[database.dialect] not in log.text
    assert [service.instance for service in read(database)] == ["well"]


@ON_SERVERS
def test_a_wrong_password_is_warned_of_and_not_told(database: Database, log: pytest.LogCaptureFixture) -> None:
    url = sa.make_url(database.url).set(username="nobody", password="pass word/%")
    with register(sa.create_engine(url, poolclass=sa.NullPool)):
        warned(log, "refused the log-in")


def test_leaving_is_quick_when_the_table_is_locked(database: Database) -> None:
    make_tables(database)
    registration = register(database.engine())
    assert registration.wait_until_seen(SOON)
    with locked(database):
        before = time.monotonic()
        registration.deregister(timedelta(seconds=0.2))
        assert time.monotonic() - before < 5
    eventually(lambda: not beating(), what="its thread ends")


def test_a_leave_that_could_not_be_written_is_warned_of(database: Database, log: pytest.LogCaptureFixture) -> None:
    make_tables(database)
    registration = register(database.engine())
    assert registration.wait_until_seen(SOON)
    with locked(database):
        registration.deregister(timedelta(seconds=30))
    assert len(warnings(log, "could not say that it ended")) == 1
    assert the_service(database).stopped is None


def test_no_setting_of_ours_comes_back_to_the_applications_pool(database: Database) -> None:
    make_tables(database)
    engine = database.engine(pool_size=1, max_overflow=0)
    questions = {
        "postgresql": "SELECT current_setting('lock_timeout'), current_setting('transaction_isolation')",
        "mysql": "SELECT @@session.lock_wait_timeout, @@session.innodb_lock_wait_timeout",
        "sqlite": "PRAGMA busy_timeout",
    }

    def settings() -> tuple[object, ...]:
        with engine.connect() as connection:
            return tuple(connection.exec_driver_sql(questions[database.dialect]).one())

    before = settings()
    with register(engine) as registration:
        assert registration.wait_until_seen(SOON)
        assert settings() == before
        database.execute(sa.delete(TABLE))
        wait_for_a_beat(database)
        with locked(database):
            eventually(lambda: engine.pool.checkedout(), what="the heartbeat waits")  # type: ignore[attr-defined]  # of QueuePool
        wait_for_a_beat(database)
        assert settings() == before
