"""``migrator data`` as a person uses it, beside a run in another process."""

from __future__ import annotations

import json
import signal
from typing import Any

import pytest

from tests.cli.test_signals import ROWS, filled
from tests.support import run, shop
from tests.support.database import Database
from tests.support.poll import eventually
from tests.support.project import Project

pytestmark = pytest.mark.quick_on("sqlite", "mysql")

ROW = "SELECT done FROM migrator_data_migration"


def done(database: Database) -> int:
    return int(database.scalar(ROW) or 0)


def test_a_run_in_another_process_pauses_and_goes_on_and_ends_well(database: Database, project: Project) -> None:
    filled(database, project)
    process = project.start("online-data-migrations", "--full-speed", "--format", "json")
    eventually(lambda: "migrator_data_migration" in database.tables() and done(database), within=60)
    paused = project.run("data", "pause", "rename")
    assert paused.exit_code == 0, paused.output
    assert "rename: paused" in paused.stdout
    assert "next: migrator data resume rename" in paused.stdout
    at = done(database)
    assert done(database) == at < ROWS
    assert process.poll() is None
    shown = project.run("data", "status", "rename", "--format", "json").json()
    (one,) = shown["migrations"]
    assert (one["state"], one["done"]) == ("paused", at)
    assert project.run("data", "resume", "rename").exit_code == 0
    eventually(lambda: done(database) > at, within=60)
    process.send_signal(signal.SIGTERM)
    assert run.finish(process).exit_code == 1


def few(database: Database, project: Project) -> None:
    """A project with a handful of rows to move."""
    shop.release_a(project)
    assert project.run("expand").exit_code == 0
    database.execute("INSERT INTO shop (id, old) VALUES (1, 'a'), (2, 'b')")
    shop.release_b(project)
    assert project.run("expand").exit_code == 0


@pytest.mark.servers("sqlite")
def test_paused_a_new_run_exits_4_and_names_the_next_command(database: Database, project: Project) -> None:
    few(database, project)
    assert project.run("data", "pause", "rename").exit_code == 0
    outcome = project.run("online-data-migrations")
    assert outcome.exit_code == 4
    assert "next: migrator data resume rename" in outcome.stdout
    assert "paused" in project.run("status").stdout


@pytest.mark.servers("sqlite")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["data", "pause", "nothing"], "there are: rename"),
        (["data", "throttle", "rename", "--ratio", "2"], "ratio"),
        (["data", "throttle", "rename", "--ratio", "0.5", "--for", "long"], "2h"),
        (["data", "stop", "rename"], "stop"),
        (["data", "pause"], "NAME"),
        (["online-data-migrations", "--max-time", "0"], "--max-time"),
    ],
)
def test_what_can_not_be_meant_is_refused_with_64(project: Project, words: list[str], said: str) -> None:
    shop.release_a(project)
    shop.release_b(project)
    outcome = project.run(*words)
    assert outcome.exit_code == 64
    assert said in outcome.stderr


def test_under_an_async_env_py_the_signals_are_read_too(database: Database, project: Project) -> None:
    few(database, project)
    project.write_env("async")
    environment = {"MIGRATOR_THROTTLE_SQL": "SELECT 3", "MIGRATOR_THROTTLE_CORES": "1000"}
    stopped = project.run("online-data-migrations", "--max-time", "1", MIGRATOR_THROTTLE_SQL_LIMIT="2", **environment)
    assert stopped.exit_code == 4, stopped.output
    assert "throttle_sql: 3, more than 2" in stopped.stdout
    done = project.run("online-data-migrations", MIGRATOR_THROTTLE_SQL_LIMIT="3", **environment)
    assert done.exit_code == 0, done.output


@pytest.mark.servers("sqlite")
def test_a_dry_run_keeps_to_the_bounds_of_the_run_that_it_is_asked_for(database: Database, project: Project) -> None:
    few(database, project)
    (plan,) = project.run("online-data-migrations", "--dry-run", "--max-count", "1", "--format", "json").json()[
        "migrations"
    ]
    assert [one["rows"] for one in plan["samples"]] == [1]
    assert "--max-count" in project.run("online-data-migrations", "--dry-run", "--max-count", "1").stdout
    refused = project.run("online-data-migrations", "--dry-run", "--workers", "3")
    assert (refused.exit_code, "--workers 3" in refused.stderr) == (64, True), refused.output


def test_status_tells_the_time_left_as_a_range_once_it_is_known_and_only_while_a_run_is_at_work(
    database: Database, project: Project
) -> None:
    filled(database, project)
    assert project.run("online-data-migrations", "--full-speed", "--max-count", "100").exit_code == 1

    def shown() -> tuple[str, Any]:
        (one,) = project.run("data", "status", "--format", "json").json()["migrations"]
        return project.run("data", "status").stdout, one["eta"]

    text, eta = shown()
    assert eta is None
    assert "not known yet" in text
    ((at, done),) = json.loads(database.scalar("SELECT marks FROM migrator_data_migration"))
    earlier = [[at - 4000 * n, done - rows] for n, rows in ((4, 100), (3, 70), (2, 60), (1, 30))]
    database.execute(f"UPDATE migrator_data_migration SET marks = '{json.dumps([*earlier, [at, done]])}'")
    text, eta = shown()
    assert "not known yet" not in text
    least, most = eta
    assert 0 < least < (ROWS - 100) * 16 / 100 < most
    assert " to " in text
    long_ago = [[moment - 300_000, rows] for moment, rows in [*earlier, [at, done]]]
    database.execute(f"UPDATE migrator_data_migration SET marks = '{json.dumps(long_ago)}'")
    assert shown()[1] is None


@pytest.mark.servers("sqlite")
def test_verify_asks_the_predicate_now(database: Database, project: Project) -> None:
    few(database, project)
    assert project.run("data", "verify", "rename").exit_code == 1
    assert project.run("online-data-migrations").exit_code == 0
    asked = project.run("data", "verify", "rename", "--format", "json")
    assert (asked.exit_code, asked.json()["remaining"]) == (0, 0)
    assert project.run("data", "verify", "nothing").exit_code == 64


@pytest.mark.servers("sqlite")
def test_status_changes_nothing_and_works_before_the_first_run(database: Database, project: Project) -> None:
    few(database, project)
    before = database.tables()
    outcome = project.run("data", "status")
    assert outcome.exit_code == 0, outcome.output
    assert "pending" in outcome.stdout
    assert database.tables() == before


@pytest.mark.servers("sqlite")
@pytest.mark.parametrize("as_json", [True, False])
def test_a_run_that_is_throttled_all_its_time_exits_4_and_says_by_what(
    database: Database, project: Project, as_json: bool
) -> None:
    few(database, project)
    project.write("stop", "")
    words = ["online-data-migrations", "--max-time", "1", "--full-speed"]
    outcome = project.run(*words, *(["--format", "json"] if as_json else []), MIGRATOR_THROTTLE_FILE="stop")
    assert outcome.exit_code == 4, outcome.output
    if as_json:
        report = outcome.json()
        (row,) = report["migrations"]
        assert (row["state"], report["out_of_time"], report["pace"]) == ("throttled", True, "full speed")
        assert row["throttled"] > 0
        assert [one["light"] for one in report["signals"]] == ["red"]
    else:
        assert "throttle_file" in outcome.stdout


@pytest.mark.servers("sqlite")
@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("THROTTLE_SQL", "SELECT 1", "throttle_sql_limit"),
        ("THROTTLE_CORES", "many", "throttle_cores"),
        ("THROTTLE_RATIO", "1", "throttle_ratio"),
        ("THROTTLE_FUNCTION", "nowhere", "package.module:function"),
        ("DATA_WINDOW", "at night", "22:00-06:00"),
    ],
)
def test_settings_that_can_not_be_meant_are_refused(project: Project, setting: str, value: str, said: str) -> None:
    shop.release_a(project)
    shop.release_b(project)
    outcome = project.run("online-data-migrations", **{f"MIGRATOR_{setting}": value})
    assert outcome.exit_code == 64
    assert said.lower() in outcome.stderr.lower()


@pytest.mark.servers("sqlite")
def test_progress_lines_tell_the_wait_and_that_the_time_left_is_not_known(database: Database, project: Project) -> None:
    few(database, project)
    project.write("stop", "")
    words = ["online-data-migrations", "--max-time", "11", "--log-format", "json"]
    outcome = project.run(*words, MIGRATOR_THROTTLE_FILE="stop")
    lines = [json.loads(line) for line in outcome.stderr.splitlines()]
    (told,) = [line for line in lines if "progress" in line]
    assert "waiting: throttle_file" in told["message"]
    assert "not known yet" in told["message"]
    assert told["progress"]["eta"] is None


def test_a_dry_run_tells_what_would_be_done_and_does_nothing(database: Database, project: Project) -> None:
    few(database, project)
    before = database.rows("SELECT * FROM shop ORDER BY id")
    outcome = project.run("online-data-migrations", "--dry-run")
    assert outcome.exit_code == 0, outcome.output
    assert "2 rows to do" in outcome.stdout
    assert "dry run: nothing was changed" in outcome.stdout
    shown = project.run("online-data-migrations", "--dry-run", "--format", "json").json()
    (plan,) = shown["migrations"]
    assert (shown["dry_run"], plan["name"], plan["remaining"], plan["key"]) == (True, "rename", 2, ["id"])
    assert plan["predicate"]["accesses"][0]["table"] == "shop"
    assert database.rows("SELECT * FROM shop ORDER BY id") == before
    assert "migrator_data_migration" not in database.tables() or not database.rows(
        "SELECT name FROM migrator_data_migration"
    )
