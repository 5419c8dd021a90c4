"""``kill -9`` at each step boundary of a rebuild on SQLite: the whole revision is there, or nothing of it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

from migrator.commands.contract import contract
from migrator.commands.expand import expand
from migrator.commands.opening import Opening
from migrator.db.observer import Observer
from migrator.runner.listening import Silent
from migrator.testing import Catalogue, catalogue, differences
from tests.support.database import Database
from tests.support.items import Change
from tests.support.kill import KilledRun, run_and_kill
from tests.support.project import Project
from tests.walk import batch_cases
from tests.walk.online_run import without_guard

pytestmark = pytest.mark.servers("sqlite")
QUICK = ("drop_column",)
MOST_EVENTS = 90
REBUILD = ("CREATE TABLE _alembic_tmp_", "INSERT INTO _alembic_tmp_", "DROP TABLE ", "RENAME TO ")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "change" in metafunc.fixturenames:
        full = bool(metafunc.config.getoption("--full"))
        chosen = [one for one in batch_cases.CHANGES if full or one.name in QUICK]
        metafunc.parametrize("change", chosen, ids=[one.name for one in chosen])


def run_phase(observer: Observer, config: str, phase: str) -> None:
    os.chdir(Path(config).parent)  # where the paths in alembic.ini begin
    command = expand if phase == "expand" else contract
    command(Opening(config_file=Path(config), observer=observer), Silent())


@dataclass(frozen=True, kw_only=True)
class Ground:
    """A filled file with one change to come, which can be put back."""

    database: Database
    project: Project
    change: Change
    before: Catalogue
    after: Catalogue
    kept: Path

    @property
    def file(self) -> Path:
        return Path(str(sa.make_url(self.database.url).database))

    def put_back(self) -> None:
        for leaving in ("-journal", "-wal", "-shm"):
            Path(f"{self.file}{leaving}").unlink(missing_ok=True)
        shutil.copyfile(self.kept, self.file)

    def run(self, *, at: int = 0) -> KilledRun:
        return run_and_kill(run_phase, str(self.project.config), self.change.phase, at=at)

    def applied(self) -> bool:
        return (self.change.name,) in self.database.rows("SELECT version_num FROM alembic_version")


def catalogue_of(database: Database) -> Catalogue:
    with database.engine(poolclass=sa.NullPool).connect() as connection:
        return catalogue(connection)


@pytest.fixture
def ground(
    change: Change, database: Database, project: Project, make_database: Callable[[], Database], tmp_path: Path
) -> Ground:
    batch_cases.enforcing(project)
    batch_cases.write(project, change)
    done = project.run("expand", "--to", "first")
    assert done.exit_code == 0, done.output
    batch_cases.fill(database)
    other = make_database()
    plain = without_guard(project.copy(tmp_path / "plain"), other.url)
    done = plain.alembic("upgrade", "heads")
    assert done.exit_code == 0, done.output
    made = Ground(
        database=database,
        project=project,
        change=change,
        before=catalogue_of(database),
        after=catalogue_of(other),
        kept=tmp_path / "kept.db",
    )
    shutil.copyfile(made.file, made.kept)
    return made


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_killed_anywhere_a_rebuild_is_whole_or_nothing_of_it_and_a_re_run_completes_it(ground: Ground) -> None:
    assert differences(ground.before, ground.after)
    places = []
    for at in range(1, MOST_EVENTS, 2):  # what comes after one step is what comes before the next
        ground.put_back()
        run = ground.run(at=at)
        if not run.killed:
            assert run.exit_code == 0, run.output
            break
        places.append(run.events[-1])
        assert_state(ground, ground.after if ground.applied() else ground.before, places[-1])
        again = ground.run()
        assert again.exit_code == 0, f"{places[-1]}\n{again.output}"
        assert ground.applied()
        assert_state(ground, ground.after, places[-1])
        assert ground.database.rows("SELECT statement FROM migrator_journal") == []
    else:
        raise AssertionError(f"not complete after {MOST_EVENTS} events")
    for statement in REBUILD:
        assert [place for place in places if statement in place], statement


def assert_state(ground: Ground, expected: Catalogue, place: str) -> None:
    assert differences(expected, catalogue_of(ground.database)) == (), place
    batch_cases.assert_sound(ground.database)
