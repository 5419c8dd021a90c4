"""A real replica of a MariaDB or a MySQL that is held back: asked itself, it stops the run until it has caught up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import timedelta

import pytest
import sqlalchemy as sa

from migrator.data import control
from migrator.data.pace import Pace
from migrator.model.data import DataProgress, DataState
from tests.integration.data.running import Runner, fill, items, open_store
from tests.servers.fleet import Fleet
from tests.servers.missing import ServerMissingError
from tests.servers.replica import MariaDBReplica, MySQLReplica
from tests.support.database import Database, database_on_server
from tests.support.poll import eventually

pytestmark = [pytest.mark.servers("mariadb", "mysql"), pytest.mark.slow, pytest.mark.quick_on("mariadb")]
ROWS = 25


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A database on a primary of our own, and the same on its replica."""

    database: Database
    replica: MariaDBReplica | MySQLReplica
    behind: Database


@pytest.fixture
def pair(server: str, fleet: Fleet) -> Iterator[Pair]:
    try:
        primary = fleet.server(server)
        replica = fleet.replica(primary)
    except ServerMissingError as error:
        pytest.fail(f"a server with a replica is missing: {error}", pytrace=False)
    try:
        with database_on_server(server, primary.url) as database:
            url = replica.url.set(database=sa.make_url(database.url).database)
            text = url.render_as_string(hide_password=False)
            behind = Database(url=text, server=server, dialect="mysql")
            items(database, ROWS)
            eventually(lambda: has_all(replica, behind), within=30)
            yield Pair(database=database, replica=replica, behind=behind)
    finally:
        replica.stop()


def has_all(replica: MariaDBReplica | MySQLReplica, behind: Database) -> bool:
    name = sa.make_url(behind.url).database
    engine = sa.create_engine(replica.url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        if name not in sa.inspect(connection).get_schema_names():
            return False
    return "item" in behind.tables() and behind.scalar("SELECT count(*) FROM item") == ROWS


@contextmanager
def applying_stopped(pair: Pair) -> Iterator[Callable[[bool], None]]:
    """Its SQL thread is stopped: it can't say how late it is."""
    yield lambda hold: pair.replica.stop_applying() if hold else pair.replica.apply_again()


@contextmanager
def locked(pair: Pair) -> Iterator[Callable[[bool], None]]:
    """A session on it holds the lock that its applier waits for: it says how late it is, and gets later."""
    engine = pair.behind.engine()
    with engine.connect() as connection:

        def hold(wanted: bool) -> None:
            connection.exec_driver_sql("LOCK TABLES item READ" if wanted else "UNLOCK TABLES")

        yield hold


@pytest.mark.parametrize("how", [applying_stopped, locked], ids=["its apply stopped", "its apply locked out"])
def test_a_replica_that_is_held_back_stops_the_run_until_it_has_caught_up(
    pair: Pair, how: Callable[[Pair], AbstractContextManager[Callable[[bool], None]]]
) -> None:
    database = pair.database
    control.throttle(open_store(database.url), "fill", 0.97, None)  # else it is through before anybody is late
    held: list[str] = []
    untouched: list[int] = []
    with how(pair) as hold:

        def told(progress: DataProgress) -> None:
            if progress.done == 1 and not held:
                hold(True)
            if "replica lag" in progress.held_by:
                held.append(progress.held_by)
                untouched.append(int(database.scalar("SELECT count(*) FROM item WHERE touched = 0")))
                if len(held) == 4:
                    hold(False)

        pace = Pace(full_speed=True, replicas=[pair.behind.url], most_lag=timedelta(seconds=1))
        report = Runner(database=database, migrations=[fill(batch_size=1)])(pace=pace, progress=told)
    assert report.rows[0].state is DataState.DONE
    assert len(held) >= 4
    assert "replica lag of 127.0.0.1" in held[0]
    assert ("it doesn't say" if how is applying_stopped else "s late") in held[0]
    assert len(set(untouched[:4])) == 1
    assert 0 < untouched[0] < ROWS
