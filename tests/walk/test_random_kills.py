"""``kill -9`` at random moments while all online changes are made, one after the other, until they are complete.

Each kill is followed by a run that is killed too, or completes them; then a fresh database takes the kills that are
left.  The moments come from a seed, which is printed, and which ``MIGRATOR_TEST_SEED`` sets.
"""

from __future__ import annotations

import os
import random
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

from migrator.commands.contract import contract
from migrator.commands.expand import expand
from migrator.commands.opening import Opening
from migrator.db.observer import Observer
from migrator.model.database import Step
from migrator.runner.listening import Silent
from migrator.testing import Catalogue, catalogue, differences
from tests.support.database import Database
from tests.support.kill import run_and_kill
from tests.support.project import Project
from tests.walk import batch_cases, online_cases
from tests.walk.online_cases import CASES
from tests.walk.online_run import without_guard

SEED = "MIGRATOR_TEST_SEED"
TABLES = ("item", "entry", "parted")
KILLS = {"quick": 3, "full": 30}
ROWS = {"quick": 5_000, "full": 30_000}
FIRST_EVENT, MOST_EVENTS = 3, 24  # the first two are of the lock; a revision has about a dozen
LONGEST = 0.15  # seconds


class Doomed:
    """Ends its process so many seconds after so many things were told to the observer: in the middle of a statement,
    or of what comes between two, however slow the machine is."""

    def __init__(self, observer: Observer, number: int, seconds: float) -> None:
        self._observer = observer
        self._left = number
        self._seconds = seconds

    def before(self, step: Step) -> None:
        self._count()
        self._observer.before(step)

    def after(self, step: Step) -> None:
        self._count()
        self._observer.after(step)

    def _count(self) -> None:
        self._left -= 1
        if self._left == 0:
            timer = threading.Timer(self._seconds, os.kill, (os.getpid(), signal.SIGKILL))
            timer.daemon = True
            timer.start()


def run_until(observer: Observer, config: str, number: int, seconds: float) -> None:
    """Both phases, killed there; with number 0 until they are complete."""
    os.chdir(Path(config).parent)  # where the paths in alembic.ini begin
    doomed = Doomed(observer, number, seconds)
    expand(Opening(config_file=Path(config), observer=doomed), Silent())
    contract(Opening(config_file=Path(config), observer=doomed), Silent())


@dataclass(frozen=True, kw_only=True)
class Course:
    """What is to be done to a fresh database of one kind: tables with rows, then every change that runs online."""

    server: str
    rows: int

    @property
    def family(self) -> str:
        return self.server.partition("-")[0]

    def write(self, project: Project) -> None:
        if self.family == "sqlite":
            batch_cases.write(batch_cases.enforcing(project), *batch_cases.CHANGES)
            return
        cases = [case for case in CASES if self.family in case.runs]
        online_cases.write_base(project, frozenset(case.table for case in cases))
        for case in cases:
            case.write(project)

    @property
    def base(self) -> str:
        return "first" if self.family == "sqlite" else "tables"

    def fill(self, database: Database) -> None:
        if self.family == "sqlite":
            batch_cases.fill(database)
            return
        for table in set(TABLES) & set(database.tables()):
            online_cases.fill(database.engine(), table, self.rows)

    def assert_rows(self, database: Database) -> None:
        """No row is lost or changed."""
        if self.family == "sqlite":
            batch_cases.assert_sound(database)
            return
        expected = (self.rows + 1, self.rows + 1, self.rows * (self.rows + 1) // 2)
        for table in set(TABLES) & set(database.tables()):
            assert database.rows(f"SELECT count(*), count(DISTINCT email), sum(code) FROM {table}") == [expected]


def catalogue_of(database: Database) -> Catalogue:
    with database.engine(poolclass=sa.NullPool).connect() as connection:
        return catalogue(connection)


def plain_catalogue(course: Course, project: Project, database: Database) -> Catalogue:
    plain = without_guard(project, database.url)
    for heads in ("expand@head", "heads"):
        done = plain.alembic("upgrade", heads)
        assert done.exit_code == 0, done.output
    return catalogue_of(database)


def killed_until_complete(project: Project, chance: random.Random, most: int) -> int:
    """Run and kill until a run is through or there were so many kills, then run to the end; gives the kills."""
    for kills in range(most + 1):
        number = chance.randint(FIRST_EVENT, MOST_EVENTS) if kills < most else 0
        seconds = round(chance.uniform(0, LONGEST), 3)
        run = run_and_kill(run_until, str(project.config), number, seconds)
        print(f"run {kills}, {seconds} s after event {number}: {run.events[-1] if run.killed else run.exit_code}")
        if not run.killed:
            assert run.exit_code == 0, run.output
            return kills
    raise AssertionError("the last run was killed, though nobody asked for it")


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_killed_at_random_moments_until_complete_the_changes_come_out_as_plain_ones(
    server: str,
    make_database: Callable[[], Database],
    make_project: Callable[..., Project],
    request: pytest.FixtureRequest,
) -> None:
    size = "full" if request.config.getoption("--full") else "quick"
    seed = int(os.environ.get(SEED) or random.SystemRandom().randrange(10**6))
    print(f"{SEED}={seed}")
    chance, course, left, round_ = random.Random(seed), Course(server=server, rows=ROWS[size]), KILLS[size], 0
    other = make_database()
    project = make_project(other.url, "plain")
    course.write(project)
    plain = plain_catalogue(course, project, other)
    while left > 0:
        round_ += 1
        database = make_database()
        project = make_project(database.url, f"round{round_}")
        course.write(project)
        done = project.run("expand", "--to", course.base)
        assert done.exit_code == 0, done.output
        course.fill(database)
        left -= killed_until_complete(project, chance, left)
        assert differences(plain, catalogue_of(database)) == ()
        assert database.rows("SELECT statement, state FROM migrator_journal") == []
        course.assert_rows(database)
