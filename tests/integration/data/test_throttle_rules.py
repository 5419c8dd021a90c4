"""What each server tells of its load and of whom we keep waiting."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
import sqlalchemy as sa

from migrator.data.context import Context
from migrator.data.kinds import FunctionMigration
from migrator.data.pace import Pace, signals_of
from migrator.data.throttle.signal import Asking
from migrator.data.throttle.throttle import Throttle
from migrator.model.data import DataState
from migrator.model.throttle import Light, Reading
from migrator.state.data_control import write_held
from migrator.state.data_progress import add_rows, lock_row
from tests.integration.data.running import Runner, fill, items, learned, open_store
from tests.integration.data.test_function import TODO, copy
from tests.support.database import Database
from tests.support.poll import eventually
from tests.support.signals import always

SERVERS = ("postgresql", "mariadb", "mysql", "postgresql-14", "postgresql-18", "postgresql-psycopg")


def asking_on(database: Database) -> Asking:
    door = open_store(database.url).database

    @contextmanager
    def asking() -> Iterator[sa.Connection]:
        with door.autocommit("throttle") as connection:
            yield connection

    return asking


@contextmanager
def waiting_client(database: Database, statement: str) -> Iterator[None]:
    """Another session that runs a statement which waits for a lock."""
    thread = threading.Thread(target=database.execute, args=(statement,))
    thread.start()
    try:
        yield
    finally:
        thread.join(timeout=60)


@pytest.mark.servers(*SERVERS)
def test_a_client_that_waits_for_a_row_of_ours_is_counted_and_then_no_more(database: Database) -> None:
    items(database, 3)
    door = open_store(database.url).database
    rules = door.pack.throttle
    asking = asking_on(database)
    with door.session("data") as ours, asking() as eye:
        session = door.pack.session.session_id(ours)
        ours.rollback()
        assert rules.blocked(eye, [session]) == 0
        transaction = ours.begin()
        ours.execute(sa.text("UPDATE item SET new = old WHERE id = 2"))
        with waiting_client(database, "UPDATE item SET old = 7 WHERE id = 2"):
            try:
                # MariaDB renews what it shows of locks only when nobody has asked for a tenth of a second.
                eventually(lambda: rules.blocked(eye, [session]) == 1, within=30, every=0.25)
                assert rules.blocked(eye, ["1"]) == 0  # it doesn't wait for that one
            finally:
                transaction.commit()
        eventually(lambda: rules.blocked(eye, [session]) == 0, within=30, every=0.25)


@pytest.mark.servers(*SERVERS)
def test_another_data_runner_that_waits_for_its_turn_is_not_counted(database: Database) -> None:
    store = open_store(database.url)
    store.ensure()
    with store.database.transaction("test") as connection:
        add_rows(store, connection, ["fill"])
    rules = store.database.pack.throttle
    asking = asking_on(database)
    other = open_store(database.url)

    def second() -> None:
        with other.database.transaction("data") as connection:
            write_held(other, connection, "fill", "x")

    with store.database.session("data") as ours, asking() as eye:
        session = store.database.pack.session.session_id(ours)
        ours.rollback()
        with store.database.begin(ours):
            lock_row(store, ours, "fill")
            thread = threading.Thread(target=second)
            thread.start()
            seen = [rules.blocked(eye, [session]) for _ in range(20)]
        thread.join(timeout=60)
    assert set(seen) == {0}


@pytest.mark.servers("postgresql", "mariadb", "mysql")
def test_a_run_that_makes_a_client_wait_stops_after_its_batch_until_that_is_through(database: Database) -> None:
    items(database, 6)
    every = always(Light.GREEN)
    clients: list[threading.Thread] = []

    def in_the_way(context: Context, max_count: int) -> tuple[int, int]:
        counts = copy(context, min(3, max_count))
        if not clients:
            clients.append(threading.Thread(target=database.execute, args=("UPDATE item SET old = old",)))
            clients[0].start()
            seen = every.read_count
            eventually(lambda: every.read_count >= seen + 8, within=60)  # the client has come to the rows by then
        return counts

    held: list[str] = []
    migration = FunctionMigration(name="copy", function=in_the_way, remaining=TODO)
    report = Runner(database=database, migrations=[migration])(
        pace=Pace(ratio=0.0, cores=1000, signals=[every]), progress=lambda progress: held.append(progress.held_by)
    )
    clients[0].join(timeout=60)
    assert report.exit_code == 0
    assert "blocked sessions: 1 waiting for our locks, more than 0" in held


@pytest.mark.servers(*SERVERS)
def test_active_sessions_are_counted(database: Database) -> None:
    asking = asking_on(database)
    rules = open_store(database.url).database.pack.throttle
    nap = "SELECT pg_sleep(2)" if database.dialect == "postgresql" else "SELECT SLEEP(2)"
    with asking() as eye, waiting_client(database, nap):
        eventually(lambda: (active := rules.active(eye)) is not None and active.count >= 1, within=10)


@pytest.mark.servers(*SERVERS)
def test_beside_a_client_that_runs_something_a_polite_run_rests_most_of_the_time(database: Database) -> None:
    items(database, 50)
    nap = "SELECT pg_sleep(2)" if database.dialect == "postgresql" else "SELECT SLEEP(2)"
    learned(database, "fill", 5)
    with waiting_client(database, nap):
        report = Runner(database=database, migrations=[fill(batch_size=5)])(pace=Pace(cores=1000))
    (row,) = report.rows
    assert (row.state, row.done) == (DataState.DONE, 50)
    assert row.rate is not None
    # Alone it would be no more than the time of the batches.
    assert row.throttled > timedelta(seconds=3 * row.done / row.rate)


def read_all(database: Database, url: str) -> dict[str, Reading]:
    store = open_store(url)
    door = store.database
    pace = Pace(cores=1000)
    throttle = Throttle(signals=signals_of(pace, door, lambda: ("1",)), clock=door.clock)
    throttle.poll(asking_on(Database(url=url, server="", dialect="")))
    return {one.signal: one for one in throttle.readings()}


@pytest.mark.servers(*SERVERS)
def test_a_small_role_is_never_told_green_for_what_it_may_not_see(
    database: Database, make_login: Callable[..., str]
) -> None:
    asking = asking_on(database)
    with asking():  # a session of another role, which the small one may not look into
        readings = read_all(database, make_login("rows"))
    expected = {"postgresql": {"active sessions"}, "mysql": {"blocked sessions"}}[database.dialect]
    hidden = {name for name, one in readings.items() if one.light is Light.NOT_SHOWN}
    assert hidden == expected
    assert all("grant" in readings[name].reason.lower() for name in hidden)
    assert not any(one.light.stops for one in readings.values())


@pytest.mark.servers(*SERVERS)
def test_a_server_that_is_no_replica_does_not_say_that_it_is_not_late(database: Database) -> None:
    with asking_on(database)() as connection:
        assert open_store(database.url).database.pack.throttle.lag_here(connection) is None


@pytest.mark.servers("postgresql", "postgresql-14", "mariadb", "mysql")
def test_a_replica_of_which_the_url_was_given_is_asked_itself_and_unknown_stops(database: Database) -> None:
    door = open_store(database.url).database
    pace = Pace(full_speed=True, replicas=[database.url])
    throttle = Throttle(signals=signals_of(pace, door, lambda: ()), clock=door.clock)
    throttle.poll(asking_on(database))
    (reading,) = throttle.stopping()
    assert reading.signal.startswith("replica lag of ")
    assert reading.light is Light.UNKNOWN
    password = sa.make_url(database.url).password
    assert not password or str(password) not in repr(reading)
