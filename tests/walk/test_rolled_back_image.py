"""An older image on a newer database: expands ahead are fine, a contract ahead is exit 7."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import shop
from tests.support.database import Database
from tests.support.project import Project

COMMANDS = (["expand"], ["contract"], ["status"], ["online-data-migrations"], ["upgrade"])


@pytest.fixture
def old_image(database: Database, project: Project, tmp_path: Path) -> Project:
    """The image of release A; the project itself goes on to release C."""
    shop.release_a(project)
    assert project.run("expand").exit_code == 0
    return project.copy(tmp_path / "old image")


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_expands_ahead_are_compatible(
    database: Database, project: Project, old_image: Project, command: list[str]
) -> None:
    shop.release_b(project)
    assert project.run("expand").exit_code == 0
    before = database.rows("SELECT count(*) FROM migrator_ledger")
    outcome = old_image.run(*command)
    assert outcome.exit_code == 0, outcome.output
    assert database.rows("SELECT count(*) FROM migrator_ledger") == before
    if command[0] in ("expand", "contract", "status"):
        assert "ahead of this code by expands only" in outcome.stdout


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_contract_ahead_is_exit_7_and_says_where_to_go(
    database: Database, project: Project, old_image: Project, command: list[str]
) -> None:
    shop.release_b(project)
    shop.release_c(project)
    assert project.run("upgrade", MIGRATOR_RELEASE="2026.48").exit_code == 0
    outcome = old_image.run(*command)
    assert outcome.exit_code == 7, outcome.output
    assert "drop_old" in outcome.stderr
    assert "roll forward to 2026.48" in outcome.stderr


def test_a_revision_that_nobody_knows_is_exit_7(database: Database, project: Project, old_image: Project) -> None:
    database.execute("UPDATE alembic_version SET version_num = 'unheard_of'")
    outcome = old_image.run("expand")
    assert outcome.exit_code == 7
    assert "unheard_of" in outcome.stderr


def test_one_version_row_that_stands_for_many_is_resolved_by_the_ledger(
    database: Database, project: Project, old_image: Project
) -> None:
    shop.release_b(project)
    shop.release_c(project)
    assert project.run("upgrade").exit_code == 0
    assert database.rows("SELECT version_num FROM alembic_version") == [("drop_old",)]
    assert old_image.run("status").exit_code == 7
    assert project.run("expand").exit_code == 0
