"""The fixtures themselves: real servers, a fresh database for each test, nothing left behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.servers.fleet import Fleet, given_url
from tests.servers.keeper import noted_process, sweep
from tests.support.database import Database, database_on_server
from tests.support.poll import eventually
from tests.support.run import ROOT, environment

WORDS = {"mariadb": "MariaDB", "postgresql": "PostgreSQL", "postgresql-psycopg": "PostgreSQL"}


def test_a_server_answers_and_is_what_its_id_says(database: Database) -> None:
    assert database.scalar("SELECT 1") == 1
    version = database.scalar("SELECT sqlite_version()" if database.dialect == "sqlite" else "SELECT version()")
    assert WORDS.get(database.server, "") in version
    if database.server in ("postgresql-14", "postgresql-18"):
        assert f"PostgreSQL {database.server[-2:]}." in version
    assert ("MariaDB" in version) == (database.server == "mariadb")


def test_the_driver_is_the_one_of_the_id(database: Database) -> None:
    expected = {
        "sqlite": "pysqlite",
        "mysql": "pymysql",
        "mariadb": "pymysql",
        "postgresql-psycopg": "psycopg",
    }
    assert database.engine().driver == expected.get(database.server, "psycopg2")


@pytest.mark.parametrize("time", ["first", "second"])
def test_a_database_is_empty_each_time(database: Database, time: str) -> None:
    assert database.tables() == []
    database.execute("CREATE TABLE seen (id INTEGER PRIMARY KEY)")
    assert database.tables() == ["seen"], time


def test_two_databases_are_two(database: Database, make_database: Callable[[], Database]) -> None:
    other = make_database()
    database.execute("CREATE TABLE here (id INTEGER PRIMARY KEY)")
    assert other.tables() == []
    assert (other.server, other.dialect) == (database.server, database.dialect)


def test_a_database_is_dropped_under_an_open_transaction(database: Database) -> None:
    database.execute("CREATE TABLE held (id INTEGER PRIMARY KEY)")
    connection = database.engine().connect()
    connection.execute(sa.text("INSERT INTO held VALUES (1)"))
    # Teardown drops the database although this transaction stays open.


def test_a_login_that_may_touch_rows_creates_no_table(database: Database, make_login: Callable[..., str]) -> None:
    database.execute("CREATE TABLE kept (id INTEGER PRIMARY KEY)")
    engine = sa.create_engine(make_login("rows"), poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(sa.text("INSERT INTO kept VALUES (1)"))
    with pytest.raises(sa.exc.DBAPIError), engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE refused (id INTEGER PRIMARY KEY)"))


def test_a_login_with_all_rights_owns_what_is_there(database: Database, make_login: Callable[..., str]) -> None:
    database.execute("CREATE TABLE kept (id INTEGER PRIMARY KEY)")
    engine = sa.create_engine(make_login("all"), poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE kept ADD COLUMN name VARCHAR(10)"))
        connection.execute(sa.text("CREATE TABLE made (id INTEGER PRIMARY KEY)"))
    assert database.tables() == ["kept", "made"]


HOLDS_A_SERVER = """
import signal
import time
from tests.servers.fleet import Fleet
signal.signal(signal.SIGINT, signal.default_int_handler)  # which a run in the background ignores
fleet = Fleet()
url = fleet.server("postgresql").url
print(fleet.server("postgresql").folder.parent, url.port, flush=True)
while True:  # one long wait would miss a signal that comes just before it
    time.sleep(0.1)
"""


@pytest.mark.servers("postgresql")
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_servers_stop_and_vanish_however_the_run_ends(server: str, end: signal.Signals) -> None:
    if given_url(server):
        pytest.skip("the server is given, so none has to be started")
    holder, folder, port = hold_a_server()
    assert folder.is_dir()
    assert listens(port)
    holder.send_signal(end)
    holder.communicate()
    eventually(lambda: not folder.exists(), what="the run's folder is deleted")
    assert not listens(port)


@pytest.mark.servers("postgresql")
def test_what_a_killed_run_and_a_killed_keeper_left_is_swept(server: str) -> None:
    if given_url(server):
        pytest.skip("the server is given, so none has to be started")
    holder, folder, port = hold_a_server()
    keeper_pid, _ = eventually(lambda: noted_process(folder / "keeper"))
    for pid in (keeper_pid, holder.pid):
        os.kill(pid, signal.SIGKILL)
    holder.communicate()
    assert listens(port)
    eventually(lambda: not noted_process(folder / "keeper"))
    sweep()
    assert not folder.exists()
    assert not listens(port)


@pytest.mark.servers("postgresql", "mariadb", "mysql")
def test_a_killed_server_keeps_what_was_committed(server: str) -> None:
    if given_url(server):
        pytest.skip("a given server isn't killed")
    own = Fleet()
    try:
        url = own.url(server)
        with database_on_server(server, url) as database:
            database.execute("CREATE TABLE kept (id INTEGER PRIMARY KEY)", "INSERT INTO kept VALUES (7)")
            own.server(server).kill()
            own.server(server).start()
            assert database.rows("SELECT id FROM kept") == [(7,)]
    finally:
        own.close()


def hold_a_server() -> tuple[subprocess.Popen[str], Path, int]:
    """A process that holds a server of its own; with it the folder of its run and the server's port."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDS_A_SERVER],
        cwd=ROOT,
        env=environment({}),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert holder.stdout is not None
    folder, port = holder.stdout.readline().split()
    return holder, Path(folder), int(port)


def listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0
