"""``kill -9`` of processes that share a data migration by leased key ranges: every row is changed exactly once."""

from __future__ import annotations

import random
import signal
import sys
from datetime import datetime
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa

from migrator.db.observer import Observer
from migrator.model.data import DataState
from tests.integration.data.running import Runner, fill, items
from tests.support import run as command
from tests.support.database import Database
from tests.support.forked import Begun
from tests.support.kill import run_and_kill
from tests.support.poll import eventually
from tests.walk.test_data_kill import counts, done, many_items

ROWS = 20_000
KILLS = {"quick": 5, "full": 20}
NAPS = {"quick": 5, "full": 8}
PROCESSES = 2
STEPPED = 12
MOST_STEPS = 60
SERVERS = pytest.mark.servers("postgresql", "postgresql-psycopg", "postgresql-14", "mariadb", "mysql")


def runner(url: str, batch_size: int) -> Runner:
    return Runner(database=Database(url=url, server="", dialect=""), migrations=[fill(batch_size=batch_size)])


def run_to_the_end(url: str) -> None:
    sys.exit(int(runner(url, 50)(workers=2).exit_code))


def start(url: str, outputs: Path) -> Begun:
    """A process with two workers."""
    return Begun(run_to_the_end, (url,), folder=command.ROOT, environment=command.environment({}), outputs=outputs)


def stored_done(database: Database) -> int:
    """What our tables say, the ranges included."""
    if "migrator_data_migration" not in database.tables():
        return 0
    rows = database.scalar("SELECT coalesce(sum(done), 0) FROM migrator_data_migration")
    ranges = database.scalar(
        "SELECT coalesce(sum(r.done), 0) FROM migrator_data_range r"
        " JOIN migrator_data_migration m ON m.name = r.migration WHERE m.parted > 0"
    )
    return int(rows) + int(ranges)


@SERVERS
@pytest.mark.slow
@pytest.mark.quick_on("postgresql", "mariadb")
def test_two_processes_of_two_workers_killed_at_random_moments_change_every_row_exactly_once(
    database: Database, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    kills = KILLS["full" if request.config.getoption("--full") else "quick"]
    many_items(database, ROWS)
    chance = random.Random(database.server)
    processes = [start(database.url, tmp_path) for _ in range(PROCESSES)]
    for number in range(kills):
        goal = done(database) + chance.randrange(1, (ROWS - done(database)) // (kills - number + 3))
        eventually(partial(lambda wanted: done(database) >= wanted, goal), within=60)
        victim = chance.randrange(PROCESSES)
        assert processes[victim].kill() == -signal.SIGKILL, "it ended before it was killed: nothing is proven"
        processes[victim] = start(database.url, tmp_path)
    assert {process.wait(120) for process in processes} == {0}
    assert counts(database) == {1: ROWS}
    stored = runner(database.url, 50).stored("fill")
    assert (stored.state, stored.found, stored.done) == (DataState.DONE, ROWS, ROWS)


def expire_leases(database: Database) -> int:
    """As if their time were over, of the ranges that no batch holds just now; how many there were."""
    columns = ("migration", "number", "finished", "expires_at")
    table = sa.table("migrator_data_range", *map(sa.column, columns))
    leased = sa.select(table.c.number).where(table.c.expires_at.is_not(None), table.c.finished.is_not(True))
    with database.engine(poolclass=sa.NullPool, isolation_level="READ COMMITTED").begin() as connection:
        numbers = connection.scalars(leased.with_for_update(skip_locked=True)).all()
        for number in numbers:  # one by its key: a scan would lock those that are held
            found = sa.and_(table.c.migration == "fill", table.c.number == number)
            connection.execute(sa.update(table).where(found).values(expires_at=datetime(2001, 1, 1)))
    return len(numbers)


@SERVERS
@pytest.mark.slow
@pytest.mark.quick_on("postgresql", "mariadb")
def test_a_process_that_sleeps_past_its_leases_and_wakes_changes_no_row_that_others_have_done(
    database: Database, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    naps = NAPS["full" if request.config.getoption("--full") else "quick"]
    many_items(database, ROWS)
    chance = random.Random(database.server)
    processes = [start(database.url, tmp_path) for _ in range(PROCESSES)]
    expired = 0
    for number in range(naps):
        goal = done(database) + chance.randrange(1, (ROWS - done(database)) // (naps - number + 3))
        eventually(partial(lambda wanted: done(database) >= wanted, goal), within=60)
        sleeper = processes[chance.randrange(PROCESSES)]
        sleeper.signal(signal.SIGSTOP)
        try:
            expired += expire_leases(database)
            goal = done(database) + 500  # the other one does them, with the ranges that it took over
            eventually(partial(lambda wanted: done(database) >= wanted, goal), within=60)
        finally:
            sleeper.signal(signal.SIGCONT)
    assert expired > 0
    assert {process.wait(120) for process in processes} == {0}
    assert counts(database) == {1: ROWS}
    stored = runner(database.url, 50).stored("fill")
    assert (stored.state, stored.found, stored.done) == (DataState.DONE, ROWS, ROWS)


def run_watched(observer: Observer, url: str) -> None:
    report = runner(url, 2)(observer=observer, workers=2)
    assert report.exit_code == 0


@SERVERS
@pytest.mark.quick_on("postgresql", "mysql")
def test_killed_at_each_step_of_any_worker_rows_and_counters_stay_equal(database: Database) -> None:
    items(database, STEPPED)
    killed = 0
    for at in range(1, MOST_STEPS, 3):
        database.execute("UPDATE item SET new = NULL, touched = 0")
        if "migrator_data_migration" in database.tables():
            database.execute("DELETE FROM migrator_data_migration", "DELETE FROM migrator_data_range")
        run = run_and_kill(run_watched, database.url, at=at)
        if not run.killed:
            assert run.exit_code == 0, run.output
            break
        killed += 1
        # What the killed process's sessions had sent is committed or gone before its rows can be locked.
        eventually(partial(lambda: done(database) == stored_done(database)), within=10)
        assert runner(database.url, 2)(workers=2).exit_code == 0
        assert counts(database) == {1: STEPPED}
    assert killed >= 5
