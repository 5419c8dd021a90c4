"""``kill -9`` of each kind at the steps of its batches, and at random moments: nothing is lost, nothing done twice."""

from __future__ import annotations

import random
import signal
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from migrator.db.observer import Observer
from tests.support import run as command
from tests.support.database import Database
from tests.support.forked import Begun
from tests.support.kill import run_and_kill
from tests.support.poll import eventually
from tests.walk.data_kinds import KINDS, begin, runner, wrong

pytestmark = pytest.mark.quick_on("postgresql", "mysql")

ROWS = 6
BATCH = 4
MOST_STEPS = 80
MANY = 4_000
KILLS = {"quick": 4, "full": 8}


def run_watched(observer: Observer, kind: str, url: str) -> None:
    report = runner(url, kind, BATCH)(observer=observer)
    assert report.exit_code == 0


@pytest.mark.quick_on("postgresql")
@pytest.mark.parametrize("kind", KINDS)
def test_killed_at_each_step_in_turn_rows_and_counters_stay_equal(
    database: Database, kind: str, places: Callable[[int], Iterator[int]], generated: Callable[[int], int]
) -> None:
    killed = 0
    for place in places(MOST_STEPS // 2):
        at = 2 * place - 1  # what comes after one step is what comes before the next
        begin(database, ROWS, kind=kind)
        run = run_and_kill(run_watched, kind, database.url, at=at)
        if not run.killed:
            assert run.exit_code == 0, run.output
            break
        killed += 1
        counted = 0
        if "migrator_data_migration" in database.tables():
            counted = database.scalar("SELECT sum(done) FROM migrator_data_migration") or 0
        assert int(database.scalar(KINDS[kind].done)) == counted, run.events[-1]
        assert runner(database.url, kind, BATCH)().exit_code == 0
        assert wrong(database, kind) == []
        assert database.rows("SELECT found, done FROM migrator_data_migration") == [(ROWS, ROWS)]
    else:
        raise AssertionError(f"not complete after {MOST_STEPS} kills")
    assert killed >= generated(5)


def start(kind: str, url: str, outputs: Path) -> Begun:
    """A process that runs the data migration to its end."""
    return Begun(run_to_the_end, (kind, url), folder=command.ROOT, environment=command.environment({}), outputs=outputs)


def run_to_the_end(kind: str, url: str) -> None:
    sys.exit(int(runner(url, kind, 20)().exit_code))


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_killed_at_random_moments_every_row_is_done_exactly_once(
    database: Database, kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    kills = KILLS["full" if request.config.getoption("--full") else "quick"]
    begin(database, MANY, kind=kind)
    chance = random.Random(f"{database.server} {kind}")

    def done() -> int:
        return int(database.scalar(KINDS[kind].done))

    for number in range(kills):
        process = start(kind, database.url, tmp_path)
        goal = done() + chance.randrange(1, (MANY - done()) // (kills - number + 3))
        eventually(partial(lambda wanted: done() >= wanted, goal), within=30)
        assert process.kill() == -signal.SIGKILL, "it ended before it was killed: nothing is proven"
    assert runner(database.url, kind, 50)().exit_code == 0
    assert wrong(database, kind) == []
    assert database.rows("SELECT found, done FROM migrator_data_migration") == [(MANY, MANY)]


@pytest.mark.parametrize("kind", KINDS)
def test_three_runners_at_once_do_every_row_exactly_once(database: Database, kind: str, tmp_path: Path) -> None:
    begin(database, 600, kind=kind)
    processes = [start(kind, database.url, tmp_path) for _ in range(3)]
    assert {process.wait(120) for process in processes} == {0}
    assert wrong(database, kind) == []
    assert database.rows("SELECT found, done FROM migrator_data_migration") == [(600, 600)]
