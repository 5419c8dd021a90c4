"""``kill -9`` of online data migrations at random moments and at each step, and ten of them at once: every row is
changed exactly once."""

from __future__ import annotations

import random
import signal
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from migrator.data.context import Context
from migrator.data.kinds import FunctionMigration
from migrator.db.observer import Observer
from migrator.model.data import DataState
from tests.integration.data.running import Runner, fill, items
from tests.integration.data.test_function import TODO, copy
from tests.support import run as command
from tests.support.database import Database
from tests.support.forked import Begun
from tests.support.kill import run_and_kill
from tests.support.poll import eventually

ROWS = 50_000
KILLS = {"quick": 6, "full": 20}
RUNNERS = {"set_based": 10, "by_function": 4}
BATCH = 100
STEPPED = {"set_based": 6, "by_function": 3}
MOST_STEPS = 80


def set_based(url: str, batch_size: int = 500) -> Runner:
    database = Database(url=url, server="", dialect="")
    return Runner(database=database, migrations=[fill(batch_size=batch_size)])


def by_function(url: str, batch_size: int = 500) -> Runner:
    database = Database(url=url, server="", dialect="")
    migration = FunctionMigration(name="copy", function=copy, remaining=TODO, batch_size=batch_size)
    return Runner(database=database, migrations=[migration])


KINDS = {"set_based": set_based, "by_function": by_function}


def start(kind: str, url: str, outputs: Path) -> Begun:
    """A process that runs the data migration to its end."""
    return Begun(run_to_the_end, (kind, url), folder=command.ROOT, environment=command.environment({}), outputs=outputs)


def run_to_the_end(kind: str, url: str) -> None:
    sys.exit(int(KINDS[kind](url, BATCH)().exit_code))


def counts(database: Database) -> dict[int, int]:
    """How often touched → how many rows."""
    return dict(database.rows("SELECT touched, count(*) FROM item GROUP BY touched"))


def done(database: Database) -> int:
    return int(database.scalar("SELECT count(*) FROM item WHERE touched > 0"))


def many_items(database: Database, count: int) -> None:
    items(database, 0)
    database.execute(
        "INSERT INTO item (id, old) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)"
        " SELECT i, i FROM n"
        if database.dialect == "mysql"
        else "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)"
        " INSERT INTO item (id, old) SELECT i, i FROM n"
    )
    for thousand in range(1, count // 1000):
        shift = thousand * 1000
        database.execute(f"INSERT INTO item (id, old) SELECT id + {shift}, old + {shift} FROM item WHERE id <= 1000")


@pytest.mark.slow
def test_killed_at_random_moments_every_row_is_changed_exactly_once(
    database: Database, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    kills = KILLS["full" if request.config.getoption("--full") else "quick"]
    many_items(database, ROWS)
    chance = random.Random(database.server)
    for number in range(kills):
        process = start("set_based", database.url, tmp_path)
        # Each lives until about its share of the rows is done, and a random moment longer.
        share = (ROWS - done(database)) // (kills - number + 5)
        goal = done(database) + chance.randrange(1, share)
        eventually(partial(lambda wanted: done(database) >= wanted, goal), within=30)
        moment = time.monotonic() + chance.uniform(0, 0.02)
        eventually(partial(lambda moment: time.monotonic() >= moment, moment))
        assert process.kill() == -signal.SIGKILL, "it ended before it was killed: nothing is proven"
    assert counts(database).keys() == {0, 1}
    report = set_based(database.url)()
    assert report.exit_code == 0
    assert counts(database) == {1: ROWS}
    stored = set_based(database.url).stored("fill")
    assert (stored.state, stored.found, stored.done) == (DataState.DONE, ROWS, ROWS)


@pytest.mark.parametrize("kind", KINDS)
def test_runners_at_once_change_every_row_exactly_once(database: Database, kind: str, tmp_path: Path) -> None:
    many_items(database, 5_000)
    processes = [start(kind, database.url, tmp_path) for _ in range(RUNNERS[kind])]
    assert {process.wait(120) for process in processes} == {0}
    assert counts(database) == {1: 5_000}
    (stored,) = database.rows("SELECT found, done FROM migrator_data_migration")
    assert stored == (5_000, 5_000)


def run_watched(observer: Observer, kind: str, url: str) -> None:
    report = KINDS[kind](url, 4)(observer=observer)
    assert report.exit_code == 0


@pytest.mark.quick_on("sqlite", "mysql")
@pytest.mark.parametrize("kind", KINDS)
def test_killed_at_each_step_in_turn_rows_and_counters_stay_equal(database: Database, kind: str) -> None:
    rows = STEPPED[kind]
    items(database, rows)
    killed = 0
    for at in range(1, MOST_STEPS, 2):  # what comes after one step is what comes before the next
        database.execute("UPDATE item SET new = NULL, touched = 0")
        if "migrator_data_migration" in database.tables():
            database.execute("DELETE FROM migrator_data_migration")
        run = run_and_kill(run_watched, kind, database.url, at=at)
        if not run.killed:
            assert run.exit_code == 0, run.output
            break
        killed += 1
        counted = database.scalar("SELECT sum(done) FROM migrator_data_migration") or 0
        assert done(database) == counted, run.events[-1]
        assert KINDS[kind](database.url)().exit_code == 0
        assert counts(database) == {1: rows}
    else:
        raise AssertionError(f"not complete after {MOST_STEPS} kills")
    assert killed >= 5


def test_one_that_commits_by_itself_may_do_rows_again_after_a_kill_which_shows_that_these_tests_would_see_it(
    database: Database,
) -> None:
    items(database, 3)

    def commits_then_fails(context: Context, max_count: int) -> tuple[int, int]:
        context.connection.exec_driver_sql("UPDATE item SET touched = touched + 1")
        context.connection.commit()
        raise RuntimeError

    migration = FunctionMigration(name="copy", function=commits_then_fails, remaining=TODO)
    runner = Runner(database=database, migrations=[migration])
    assert [runner().exit_code for _ in range(2)] == [2, 2]
    assert counts(database) == {2: 3}
