"""``kill -9`` between any two steps of an online change: a re-run completes it, and the plain catalogue comes out."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from migrator.commands.contract import contract
from migrator.commands.expand import expand
from migrator.commands.opening import Opening
from migrator.db.observer import Observer
from migrator.runner.listening import Silent
from migrator.testing import catalogue, differences
from tests.support import items
from tests.support.database import Database
from tests.support.kill import run_and_kill
from tests.support.project import Project

MOST_RUNS = 80
MOST_EVENTS = 90
KILLS_IN_A_ROW = 14


def run_both(observer: Observer, config: str) -> None:
    os.chdir(Path(config).parent)  # where the paths in alembic.ini begin
    expand(Opening(config_file=Path(config), observer=observer), Silent())
    contract(Opening(config_file=Path(config), observer=observer), Silent())


def plain_catalogue(database: Database, project: Project, make_database: Callable[[], Database]) -> object:
    """What Alembic's plain operations make of the same revisions, on a database of its own."""
    other = make_database()
    plain = project.copy(project.path.parent / "plain")
    plain.write_env(url=other.url)
    for branch in ("expand", "contract"):
        done = plain.alembic("upgrade", f"{branch}@head")
        assert done.exit_code == 0, done.output
    with other.engine().connect() as connection:
        return catalogue(connection)


def assert_as_plain(database: Database, plain: object) -> None:
    with database.engine().connect() as connection:
        assert differences(plain, catalogue(connection)) == ()  # type: ignore[arg-type]  # from plain_catalogue
    assert database.rows("SELECT statement, state FROM migrator_journal") == []


def test_killed_at_random_places_again_and_again_all_changes_come_out_as_plain_ones(
    database: Database, project: Project, make_database: Callable[[], Database]
) -> None:
    items.with_items(database, project)
    items.add(project, *items.changes_of(database))
    plain = plain_catalogue(database, project, make_database)
    chance = random.Random(database.server)
    killed = 0
    for _ in range(MOST_RUNS):
        at = chance.randrange(4, 20) if killed < KILLS_IN_A_ROW else 0
        run = run_and_kill(run_both, str(project.config), at=at)
        if not run.killed:
            assert run.exit_code == 0, run.output
            break
        killed += 1
    assert killed > 3
    assert_as_plain(database, plain)


@pytest.mark.slow
@pytest.mark.parametrize("change", items.CHANGES, ids=lambda change: change.name)
def test_killed_at_every_step_boundary_a_change_comes_out_as_the_plain_one(
    change: items.Change,
    database: Database,
    make_database: Callable[[], Database],
    make_project: Callable[..., Project],
    request: pytest.FixtureRequest,
) -> None:
    if not request.config.getoption("--full"):
        pytest.skip("every boundary of every change is for --full")
    if change not in items.changes_of(database):
        pytest.skip("SQLite has no such operation outside a batch")
    killed = 0
    plain: object = None
    for at in range(1, MOST_EVENTS, 2):  # what comes after one step is what comes before the next
        here = make_database()
        project = make_project(here.url, f"at{at}")
        items.with_items(here, project)
        items.add(project, change)
        plain = plain or plain_catalogue(here, project, make_database)
        run = run_and_kill(run_both, str(project.config), at=at)
        if not run.killed:
            assert run.exit_code == 0, run.output
            break
        killed += 1
        again = run_and_kill(run_both, str(project.config))
        assert again.exit_code == 0, f"{run.events[-1]}\n{again.output}"
        assert_as_plain(here, plain)
    else:
        raise AssertionError(f"not complete after {MOST_EVENTS} events")
    assert killed >= 5
