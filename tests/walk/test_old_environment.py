"""The old image as it really is: an older migrator in an environment of its own, with its own scripts."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import shop
from tests.support.database import Database
from tests.support.old_release import OldRelease, install, last_commit_with_version
from tests.support.project import Project

pytestmark = [pytest.mark.slow, pytest.mark.quick_on("sqlite")]
COMMANDS = ("expand", "status", "online-data-migrations", "contract", "upgrade")


@pytest.fixture(scope="module")
def old_release(tmp_path_factory: pytest.TempPathFactory) -> OldRelease:
    """The last migrator that knew no services."""
    commit = last_commit_with_version(1)
    if not commit:
        pytest.skip("git's history isn't here, and with it no older migrator")
    return install(commit, tmp_path_factory.mktemp("old") / "environment")


@pytest.fixture
def old_image(project: Project, tmp_path: Path, old_release: OldRelease) -> Project:
    """Release A's scripts, expanded by the old migrator itself."""
    shop.release_a(project)
    image = project.copy(tmp_path / "old image")
    first = old_release.run(image, "expand")
    assert first.exit_code == 0, first.output
    return image


def test_it_is_the_old_one_that_runs(database: Database, old_release: OldRelease, old_image: Project) -> None:
    assert database.scalar("SELECT version FROM migrator_schema") == 1
    assert "migrator_service" not in database.tables()
    assert "wait" not in old_release.run(old_image, "--help").stdout.split()


def test_after_the_new_ones_expand_the_old_one_lives(
    database: Database, project: Project, old_release: OldRelease, old_image: Project
) -> None:
    shop.release_b(project)
    assert project.run("expand").exit_code == 0
    assert database.scalar("SELECT version FROM migrator_schema") > 1
    before = database.rows("SELECT count(*) FROM migrator_ledger")
    for command in COMMANDS:
        outcome = old_release.run(old_image, command)
        assert outcome.exit_code == 0, (command, outcome.output)
        assert "Traceback" not in outcome.output
    assert database.rows("SELECT count(*) FROM migrator_ledger") == before
    assert database.scalar("SELECT version FROM migrator_schema") > 1


def test_both_take_turns_on_the_data(
    database: Database, project: Project, old_release: OldRelease, old_image: Project, tmp_path: Path
) -> None:
    shop.release_b(project)
    image = project.copy(tmp_path / "old migrator, release B")
    assert project.run("expand").exit_code == 0
    database.execute("INSERT INTO shop (id, old) VALUES (1, 'a'), (2, 'b'), (3, 'c')")
    assert project.run("online-data-migrations", "--max-count", "1").exit_code == 1
    second = old_release.run(image, "online-data-migrations", "--max-count", "1")
    assert second.exit_code == 1, second.output
    assert project.run("online-data-migrations").exit_code == 0
    assert database.rows("SELECT count(*) FROM shop WHERE new = old") == [(3,)]


def test_after_the_new_ones_contract_the_old_one_says_where_to_go(
    project: Project, old_release: OldRelease, old_image: Project
) -> None:
    shop.release_b(project)
    shop.release_c(project)
    assert project.run("upgrade", MIGRATOR_RELEASE="2026.48").exit_code == 0
    for command in COMMANDS:
        outcome = old_release.run(old_image, command)
        assert outcome.exit_code == 7, (command, outcome.output)
        assert "roll forward to 2026.48" in outcome.stderr


def test_after_a_stamp_the_old_one_knows_which_it_is(
    project: Project, old_release: OldRelease, old_image: Project
) -> None:
    shop.release_b(project)
    assert project.alembic("stamp", "add_new").exit_code == 0
    assert old_release.run(old_image, "expand").exit_code == 0
    shop.release_c(project)
    assert project.alembic("stamp", "drop_old").exit_code == 0
    assert old_release.run(old_image, "expand").exit_code == 7


def test_after_an_override_the_old_one_says_where_to_go(
    database: Database, project: Project, old_release: OldRelease, old_image: Project
) -> None:
    database.execute("INSERT INTO shop (id, old) VALUES (1, 'a')")
    shop.release_b(project)
    shop.release_c(project)
    assert project.run("expand").exit_code == 0
    forced = project.run("contract", "--force", "data", "--reason", "a test", MIGRATOR_RELEASE="2026.48")
    assert forced.exit_code == 0, forced.output
    outcome = old_release.run(old_image, "status")
    assert outcome.exit_code == 7, outcome.output
    assert "2026.48" in outcome.stderr
