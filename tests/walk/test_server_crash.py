"""``kill -9`` of the whole server while rows move; the server here is the test's own."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from migrator.model.data import DataProgress, DataState
from tests.integration.data.running import Runner, fill, items
from tests.servers.server import Server
from tests.support.database import Database, database_on_server

ROWS = 600
pytestmark = [pytest.mark.slow, pytest.mark.servers("postgresql", "mariadb", "mysql")]


def keep_in_memory(database: Database) -> None:
    """On PostgreSQL, what nobody waits for stays off the disk for as long as it may."""
    if database.dialect == "postgresql":
        with database.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("ALTER SYSTEM SET wal_writer_delay = '10s'")
            connection.exec_driver_sql("SELECT pg_reload_conf()")


def done(database: Database) -> int:
    return int(database.scalar("SELECT count(*) FROM item WHERE touched > 0"))


def crash_at(database: Database, own: Server, goal: int, lost: list[int]) -> Callable[[DataProgress], None]:
    """Kills and starts the server once so many rows are done; notes how many of them are so no more."""

    def told(progress: DataProgress) -> None:
        if lost or progress.done < goal:
            return
        before = done(database)
        own.kill()
        own.start()
        lost.append(before - done(database))

    return told


@pytest.mark.parametrize("workers", [1, 2])
def test_after_a_crash_of_the_server_the_same_run_goes_on_and_changes_each_row_once(
    server: str, own_server: Server, workers: int
) -> None:
    with database_on_server(server, own_server.url) as database:
        items(database, ROWS)
        keep_in_memory(database)
        lost: list[int] = []
        runner = Runner(database=database, migrations=[fill(batch_size=10)])
        report = runner(workers=workers, progress=crash_at(database, own_server, ROWS // 2, lost))
        assert report.exit_code == 0
        assert database.rows("SELECT touched, count(*) FROM item GROUP BY touched") == [(1, ROWS)]
        stored = runner.stored("fill")
        assert (stored.state, stored.found, stored.done) == (DataState.DONE, ROWS, ROWS)
        # Else the crash took nothing back, and the test shows nothing.  A round of workers ends on disk.
        assert (lost[0] > 0) == (server == "postgresql" and workers == 1)


def test_what_a_run_reported_is_there_after_a_crash(server: str, own_server: Server) -> None:
    with database_on_server(server, own_server.url) as database:
        items(database, ROWS)
        keep_in_memory(database)
        runner = Runner(database=database, migrations=[fill(batch_size=10)])
        assert runner(ROWS // 2).done == ROWS // 2
        own_server.kill()
        own_server.start()
        assert (done(database), runner.stored("fill").done) == (ROWS // 2, ROWS // 2)
