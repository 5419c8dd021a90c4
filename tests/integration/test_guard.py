"""Plain Alembic under the guard: same gates, same lock, same ledger; everything else goes on working."""

from __future__ import annotations

import pytest

from migrator.db.runner_lock import schema_runner
from tests.support import shop
from tests.support.database import Database
from tests.support.project import Project
from tests.support.wiring import opened


def ledger(database: Database) -> list[tuple[str, str]]:
    return [tuple(row) for row in database.rows("SELECT event, revision FROM migrator_ledger ORDER BY id")]


def test_plain_alembic_may_expand_and_the_ledger_says_so(database: Database, project: Project) -> None:
    shop.release_a(project)
    done = project.alembic("upgrade", "expand@head")
    assert done.exit_code == 0, done.output
    assert ledger(database) == [("applied", "expand_base"), ("applied", "make_shop")]
    by = database.scalar("SELECT by_whom FROM migrator_ledger ORDER BY id")
    assert by.startswith("alembic ")
    assert project.run("expand").exit_code == 0


def test_upgrade_heads_is_refused_before_its_first_statement(database: Database, project: Project) -> None:
    shop.all_releases(project)
    refused = project.alembic("upgrade", "heads")
    assert refused.exit_code == 255, refused.output
    assert "contract is closed" in refused.output
    assert "migrator expand" in refused.output
    assert "shop" not in database.tables()


def test_contract_with_rows_left_is_refused(database: Database, project: Project) -> None:
    shop.all_releases(project)
    assert project.run("expand").exit_code == 0
    database.execute("INSERT INTO shop (id, old) VALUES (1, 'a')")
    refused = project.alembic("upgrade", "contract@head")
    assert refused.exit_code == 255
    assert "still finds 1 row" in refused.output
    assert database.columns("shop") == ["id", "old", "new"]
    assert project.run("online-data-migrations").exit_code == 0
    assert project.alembic("upgrade", "contract@head").exit_code == 0
    assert database.columns("shop") == ["id", "new"]
    assert ("applied", "drop_old") in ledger(database)


def test_a_forced_gate_needs_a_reason_and_is_recorded(database: Database, project: Project) -> None:
    shop.all_releases(project)
    assert project.run("expand").exit_code == 0
    database.execute("INSERT INTO shop (id, old) VALUES (1, 'a')")
    assert project.alembic("-x", "migrator=force:data", "upgrade", "contract@head").exit_code == 255
    forced = project.alembic("-x", "migrator=force:data:nobody reads it", "upgrade", "contract@head")
    assert forced.exit_code == 0, forced.output
    assert ("forced", "drop_old") in ledger(database)
    assert "nobody reads it" in project.run("status").stdout


def test_plain_alembic_waits_for_the_lock_and_then_gives_up(database: Database, project: Project) -> None:
    shop.release_a(project)
    with schema_runner(opened(database)):
        refused = project.alembic("upgrade", "expand@head", MIGRATOR_WAIT="0.3")
    assert refused.exit_code == 255
    assert "another runner" in refused.output
    assert "shop" not in database.tables()


@pytest.mark.parametrize(
    "command", [["current"], ["history"], ["heads"], ["check"], ["upgrade", "expand@head", "--sql"]], ids=" ".join
)
def test_what_only_reads_goes_on_working(database: Database, project: Project, command: list[str]) -> None:
    assert project.run("upgrade").exit_code == 0
    if command == ["check"]:
        env = project.path / "migrations/env.py"
        env.write_text(
            env.read_text().replace("target_metadata = None", "target_metadata = __import__('sqlalchemy').MetaData()")
        )
    done = project.alembic(*command)
    assert done.exit_code == 0, done.output
    assert "migrator_ledger" not in done.stdout


@pytest.mark.servers("sqlite")
@pytest.mark.parametrize("begin", ["BEGIN", "BEGIN IMMEDIATE"])
def test_an_engine_that_begins_by_itself_is_no_hindrance(database: Database, project: Project, begin: str) -> None:
    shop.all_releases(project)
    recipe = (
        "import sqlalchemy as _sa\n"
        "@_sa.event.listens_for(_sa.Engine, 'connect')\n"
        "def _connected(connection, record):\n"
        "    connection.isolation_level = None\n"
        "@_sa.event.listens_for(_sa.Engine, 'begin')\n"
        "def _begun(connection):\n"
        f"    connection.exec_driver_sql({begin!r})\n"
    )
    env = project.path / "migrations/env.py"
    env.write_text(recipe + env.read_text())
    done = project.alembic("upgrade", "expand@head")
    assert done.exit_code == 0, done.output
    assert ("applied", "add_new") in ledger(database)
    assert project.run("expand").exit_code == 0
    assert project.run("contract").exit_code == 0
    assert database.columns("shop") == ["id", "new"]


def test_a_stamp_and_a_downgrade_are_recorded(database: Database, project: Project) -> None:
    shop.release_a(project)
    assert project.alembic("stamp", "make_shop").exit_code == 0
    assert ("stamped", "make_shop") in ledger(database)
    shop.release_b(project)
    database.execute("CREATE TABLE shop (id INTEGER PRIMARY KEY, old VARCHAR(50))")
    assert project.alembic("upgrade", "expand@head").exit_code == 0
    assert project.alembic("downgrade", "expand@-1").exit_code == 0
    assert ledger(database)[-1] == ("aborted", "add_new")


def test_heads_that_were_there_before_us_are_adopted(database: Database, project: Project) -> None:
    shop.release_a(project)
    env = project.path / "migrations/env.py"
    guarded = env.read_text()
    env.write_text(guarded.replace("migrator.guard(context)", "pass"))
    assert project.alembic("upgrade", "expand@head").exit_code == 0
    env.write_text(guarded)
    shop.release_b(project)
    assert project.run("expand").exit_code == 0
    assert ledger(database) == [("adopted", "expand_base"), ("adopted", "make_shop"), ("applied", "add_new")]


def test_ledger_sync_records_what_was_stamped_past_us(database: Database, project: Project) -> None:
    shop.release_a(project)
    assert project.run("expand").exit_code == 0
    database.execute("UPDATE alembic_version SET version_num = 'expand_base'")
    synced = project.run("ledger", "sync")
    assert synced.exit_code == 0, synced.output
    assert "recorded as taken back: make_shop" in synced.stdout
    assert database.rows("SELECT version_num FROM alembic_version") == [("expand_base",)]
    assert "agree" in project.run("ledger", "sync").stdout
