"""The rests of a polite run, on a server of the test's own: on one that is shared somebody always runs something."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta

import pytest
import sqlalchemy as sa

from migrator.data.context import Context
from migrator.data.kinds import FunctionMigration
from migrator.data.pace import Pace
from migrator.dialects.throttle import Running
from tests.integration.data.running import Runner, fill, items, learned, open_store
from tests.integration.data.test_function import TODO, copy
from tests.servers.fleet import Fleet
from tests.servers.server import Server
from tests.support.database import Database, database_on_server
from tests.support.logins import login
from tests.support.poll import eventually

NAP: Mapping[str, str] = {
    "postgresql": "SELECT pg_sleep({})",
    "mariadb": "SELECT SLEEP({})",
    "mysql": "SELECT SLEEP({})",
}
pytestmark = [pytest.mark.slow, pytest.mark.servers("postgresql", "mariadb", "mysql")]


def test_a_long_rest_becomes_a_short_one_once_the_others_are_gone_and_it_is_said_why(
    server: str, own_server: Server
) -> None:
    def slowly(context: Context, max_count: int) -> tuple[int, int]:
        context.connection.execute(sa.text(NAP[server].format(0.5)))
        return copy(context, min(5, max_count))

    said: list[str] = []
    with database_on_server(server, own_server.url) as database:
        items(database, 10)
        client = threading.Thread(target=database.execute, args=(NAP[server].format(2),))
        client.start()
        migration = FunctionMigration(name="fill", function=slowly, remaining=TODO)
        report = Runner(database=database, migrations=[migration])(pace=Pace(), say=said.append)
        client.join()
    (row,) = report.rows
    assert (report.exit_code, row.done) == (0, 10)
    # The rest behind a batch of half a second would be one of half a minute.
    assert timedelta(seconds=1) < row.throttled < timedelta(seconds=15)
    assert [one for one in said if "others use the server" in one and "--full-speed" in one]


def running(url: str, ours: Sequence[str] = ()) -> Running | None:
    """Who runs a statement now, as the login of this URL sees it."""
    door = open_store(url).database
    with door.autocommit("throttle") as connection:
        return door.pack.throttle.active(connection, ours)


@contextmanager
def threads_of_its_own(database: Database, own: Server) -> Iterator[None]:
    """The server's event scheduler runs, and on MariaDB and MySQL a replica is connected to it."""
    if database.dialect == "postgresql":
        yield
        return
    fleet = Fleet()
    try:
        database.execute("SET GLOBAL event_scheduler = ON")
        fleet.replica(own)
        dumps = "SELECT count(*) FROM information_schema.processlist WHERE command LIKE 'Binlog Dump%'"
        eventually(lambda: database.scalar(dumps) == 1, within=30)
        yield
    finally:
        fleet.close()


def test_threads_of_an_idle_server_are_no_clients_and_a_client_is_one(server: str, own_server: Server) -> None:
    with database_on_server(server, own_server.url) as database, threads_of_its_own(database, own_server):
        eventually(lambda: running(database.url) == Running(count=0))
        with database.engine().connect() as connection:
            session = open_store(database.url).database.pack.session.session_id(connection)
            client = threading.Thread(target=connection.execute, args=(sa.text(NAP[server].format(4)),))
            client.start()
            eventually(lambda: running(database.url) == Running(count=1))
            # On PostgreSQL ours are told by their names.
            assert running(database.url, [session]) == Running(count=1 if server == "postgresql" else 0)
            client.join()


@pytest.mark.servers("mariadb", "mysql")
@pytest.mark.parametrize("granted", ["PROCESS ON *.*", "SELECT ON performance_schema.*", ""])
def test_an_ordinary_user_sees_who_runs_something_or_is_told_that_it_is_not_sure(
    server: str, own_server: Server, granted: str
) -> None:
    with (
        database_on_server(server, own_server.url) as database,
        login(database, own_server.url, "all", "secret") as small,
    ):
        database.execute("SET GLOBAL event_scheduler = ON")
        if granted:
            database.execute(f"GRANT {granted} TO {sa.make_url(small).username}@'%'")
        shown = bool(granted) and (server == "mysql" or "PROCESS" in granted)
        if shown:
            eventually(lambda: running(small) == Running(count=0))
        else:
            # With the scheduler: not taken for nobody, nor for somebody for certain.
            eventually(lambda: running(small) == Running(count=1, sure=False))
        items(database, 10)
        learned(database, "fill", 5)
        said: list[str] = []
        of_the_small = Database(url=small, server=server, dialect=database.dialect)
        report = Runner(database=of_the_small, migrations=[fill(batch_size=5)])(pace=Pace(), say=said.append)
        assert report.exit_code == 0
        told = [one for one in said if "others use the server" in one and "grant PROCESS" in one]
        assert len(told) == (0 if shown else 1)
