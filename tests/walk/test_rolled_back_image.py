"""An older image on a newer database: expands ahead are fine, a contract ahead is exit 7."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

import migrator
from tests.support import shop
from tests.support.database import Database
from tests.support.project import Project

pytestmark = pytest.mark.quick_on("sqlite", "postgresql", "mysql")

WAITS = (["wait", "--for", "expanded", "--timeout", "0"], ["wait", "--for", "data", "--timeout", "0"])
COMMANDS = (["expand"], ["contract"], ["status"], ["online-data-migrations"], ["upgrade"], *WAITS)
IDS = [" ".join(command[:3]) for command in COMMANDS]


@pytest.fixture
def old_image(database: Database, project: Project, tmp_path: Path) -> Project:
    """The image of release A; the project itself goes on to release C."""
    shop.release_a(project)
    assert project.run("expand").exit_code == 0
    return project.copy(tmp_path / "old image")


@pytest.fixture
def readiness(database: Database, monkeypatch: pytest.MonkeyPatch) -> Callable[[Project], migrator.Readiness]:
    """What the probe of an image says."""

    def ask(image: Project) -> migrator.Readiness:
        monkeypatch.chdir(image.path)
        return migrator.ready(database.engine(), config=image.config)

    return ask


def test_expands_ahead_are_compatible_with_every_command(
    database: Database, project: Project, old_image: Project
) -> None:
    shop.release_b(project)
    assert project.run("expand").exit_code == 0
    before = database.rows("SELECT count(*) FROM migrator_ledger")
    for command in COMMANDS:
        outcome = old_image.run(*command)
        assert outcome.exit_code == 0, (command, outcome.output)
        assert database.rows("SELECT count(*) FROM migrator_ledger") == before, command
        assert "ahead of this code by expands only" in outcome.stdout, command


def test_a_contract_ahead_is_exit_7_in_every_command_and_says_where_to_go(
    database: Database, project: Project, old_image: Project
) -> None:
    shop.release_b(project)
    shop.release_c(project)
    assert project.run("upgrade", MIGRATOR_RELEASE="2026.48").exit_code == 0
    before = database.rows("SELECT count(*) FROM migrator_ledger")
    for command in COMMANDS:
        outcome = old_image.run(*command)
        assert outcome.exit_code == 7, (command, outcome.output)
        assert database.rows("SELECT count(*) FROM migrator_ledger") == before, command
        assert "drop_old" in outcome.stderr, command
        assert "roll forward to 2026.48" in outcome.stderr, command


def test_a_revision_that_nobody_knows_is_exit_7(
    database: Database, project: Project, old_image: Project, readiness: Callable[[Project], migrator.Readiness]
) -> None:
    database.execute("UPDATE alembic_version SET version_num = 'unheard_of'")
    outcome = old_image.run("expand")
    assert outcome.exit_code == 7
    assert "unheard_of" in outcome.stderr
    assert readiness(old_image) == "unknown"


def test_one_version_row_that_stands_for_many_is_resolved_by_the_ledger(
    database: Database, project: Project, old_image: Project, readiness: Callable[[Project], migrator.Readiness]
) -> None:
    shop.release_b(project)
    shop.release_c(project)
    assert project.run("upgrade").exit_code == 0
    assert database.rows("SELECT version_num FROM alembic_version") == [("drop_old",)]
    assert old_image.run("status").exit_code == 7
    assert readiness(old_image) == "ahead-incompatible"
    assert project.run("expand").exit_code == 0


def test_what_plain_alembic_stamped_counts_as_what_it_is(
    database: Database, project: Project, old_image: Project, readiness: Callable[[Project], migrator.Readiness]
) -> None:
    shop.release_b(project)
    assert project.alembic("stamp", "add_new").exit_code == 0
    outcome = old_image.run("expand")
    assert outcome.exit_code == 0, outcome.output
    assert "ahead of this code by expands only (add_new)" in outcome.stdout
    assert readiness(old_image) == "ahead-compatible"
    shop.release_c(project)
    stamped = project.alembic("stamp", "drop_old")
    assert stamped.exit_code == 0, stamped.output
    assert old_image.run("expand").exit_code == 7
    assert readiness(old_image) == "ahead-incompatible"


def test_what_went_past_the_guard_is_unknown_until_the_ledger_is_synced(
    database: Database, project: Project, old_image: Project, readiness: Callable[[Project], migrator.Readiness]
) -> None:
    shop.release_b(project)
    env = (project.path / "migrations/env.py").read_text()
    project.write("migrations/env.py", env.replace("migrator.guard(context)", "pass"))
    assert project.alembic("upgrade", "add_new").exit_code == 0
    assert old_image.run("expand").exit_code == 7
    assert readiness(old_image) == "unknown"
    assert project.run("ledger", "sync").exit_code == 0
    assert old_image.run("expand").exit_code == 0
    assert readiness(old_image) == "ahead-compatible"


def test_a_contract_that_was_forced_counts(
    database: Database, project: Project, old_image: Project, readiness: Callable[[Project], migrator.Readiness]
) -> None:
    database.execute("INSERT INTO shop (id, old) VALUES (1, 'a')")
    shop.release_b(project)
    shop.release_c(project)
    assert project.run("expand").exit_code == 0
    assert old_image.run("status").exit_code == 0
    forced = project.run("contract", "--force", "data", "--reason", "a test", MIGRATOR_RELEASE="2026.48")
    assert forced.exit_code == 0, forced.output
    outcome = old_image.run("status")
    assert outcome.exit_code == 7
    assert "roll forward to 2026.48" in outcome.stderr
    assert readiness(old_image).release == "2026.48"


def newer_tables(database: Database) -> None:
    """Our tables as a migrator of the future may leave them, with words that this one doesn't know."""
    database.execute("UPDATE migrator_schema SET version = 99")
    for table in ("ledger", "journal", "data_migration", "service"):
        database.execute(f"ALTER TABLE migrator_{table} ADD COLUMN from_the_future VARCHAR(20)")
    database.execute("CREATE TABLE migrator_future (id INTEGER PRIMARY KEY)")
    words = (
        "INSERT INTO migrator_ledger (event, revision, phase, change_name, down_revision, depends_on, requires_data,"
        " description, digest, at, by_whom, release)"
        " VALUES (:event, 'add_new', :phase, 'x', '[]', '[]', '[]', '', '', CURRENT_TIMESTAMP, 'x', 'x')"
    )
    if database.dialect == "mysql":
        words = words.replace("release)", "`release`)")
    database.execute(words, event="dreamt", phase="expand")
    database.execute(words, event="applied", phase="afterwards")
    database.execute(
        "INSERT INTO migrator_data_migration (name, state, turn, skipped, pass_number, pass_tried, pass_done, stalled,"
        " found, done, failed, busy_ms, commits_itself, batch_number, updated_at) VALUES"
        " ('nobody_knows', 'dreaming', 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, :no, 0, CURRENT_TIMESTAMP),"
        " ('rename', 'dreaming', 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, :no, 0, CURRENT_TIMESTAMP)",
        no=False,
    )


@pytest.mark.parametrize("command", COMMANDS, ids=IDS)
def test_what_a_newer_migrator_wrote_is_passed_over(
    database: Database, project: Project, old_image: Project, command: list[str]
) -> None:
    newer_tables(database)
    outcome = old_image.run(*command)
    assert outcome.exit_code == 0, outcome.output
    if command[0] == "status":
        assert "nobody_knows" not in outcome.output
    assert database.scalar("SELECT max(version) FROM migrator_schema") == 99


def test_on_tables_of_a_newer_migrator_everything_still_runs(
    database: Database, project: Project, readiness: Callable[[Project], migrator.Readiness], old_image: Project
) -> None:
    newer_tables(database)
    database.execute("INSERT INTO shop (id, old) VALUES (1, 'a')")
    shop.release_b(project)
    shop.release_c(project)
    for command in ("expand", "online-data-migrations", "contract", "status"):
        outcome = project.run(command)
        assert outcome.exit_code == 0, outcome.output
    assert database.rows("SELECT id, new FROM shop") == [(1, "a")]
    assert database.scalar("SELECT max(version) FROM migrator_schema") == 99
    assert database.scalar("SELECT count(*) FROM migrator_data_migration WHERE state = 'dreaming'") == 1
    assert readiness(project) == "ready"
    assert readiness(old_image) == "ahead-incompatible"


@pytest.mark.parametrize("ahead", [False, True], ids=["level", "ahead"])
def test_a_role_that_only_reads_is_enough_where_nothing_is_to_do(
    database: Database, project: Project, old_image: Project, make_login: Callable[..., str], ahead: bool
) -> None:
    if ahead:
        shop.release_b(project)
        assert project.run("expand").exit_code == 0
    reading = make_login("reads")
    for command in (["status"], *WAITS, ["expand"], ["ledger"]):
        outcome = old_image.run("--database-url", reading, *command)
        assert outcome.exit_code == 0, outcome.output
    assert migrator.ready(sa.create_engine(reading, poolclass=sa.NullPool), config=absolute(old_image)) == (
        "ahead-compatible" if ahead else "ready"
    )


def test_a_role_that_only_reads_is_told_of_a_contract(
    database: Database, project: Project, old_image: Project, make_login: Callable[..., str]
) -> None:
    shop.release_b(project)
    shop.release_c(project)
    assert project.run("upgrade").exit_code == 0
    reading = make_login("reads")
    for command in COMMANDS:
        outcome = old_image.run("--database-url", reading, *command)
        assert outcome.exit_code == 7, (command, outcome.output)


def absolute(image: Project) -> Path:
    """Its configuration, which may be read from any folder."""
    text = image.config.read_text().replace("migrations", str(image.path / "migrations"))
    return image.write(
        "absolute.ini", text.replace("path_separator = os", "path_separator = newline").replace(":/", "\n  /")
    )
