"""``migrator wait``: what an init container sees."""

from __future__ import annotations

import json
import signal
import time

import pytest

from tests.support import ports, run, shop
from tests.support.database import Database
from tests.support.poll import eventually
from tests.support.project import Project

pytestmark = pytest.mark.quick_on("sqlite", "postgresql")

SERVERS = ("postgresql", "mariadb", "mysql", "postgresql-14", "postgresql-18", "postgresql-psycopg")
GOALS = ("expanded", "data", "contracted")


@pytest.fixture
def with_rows(database: Database, project: Project) -> Project:
    """All releases in the scripts; the first is expanded and has a row."""
    shop.release_a(project)
    assert project.run("expand").exit_code == 0
    database.execute("INSERT INTO shop (id, old) VALUES (1, 'a')")
    shop.release_b(project)
    shop.release_c(project)
    return project


def test_each_goal_is_reached_after_its_command(database: Database, with_rows: Project) -> None:
    before = database.tables()
    for goal, command in zip(GOALS, ("expand", "online-data-migrations", "contract"), strict=True):
        early = with_rows.run("wait", "--for", goal, "--timeout", "0")
        assert early.exit_code == 4, early.output
        assert f"next: migrator {command}" in early.stdout
        assert with_rows.run(command).exit_code == 0
        reached = with_rows.run("wait", "--for", goal, "--timeout", "0")
        assert reached.exit_code == 0, reached.output
    assert database.tables() == before


def test_it_says_what_is_missing(with_rows: Project) -> None:
    outcome = with_rows.run("wait", "--for", "expanded", "--timeout", "0")
    assert "missing: expands not applied: add_new" in outcome.stdout
    assert with_rows.run("expand").exit_code == 0
    outcome = with_rows.run("wait", "--for", "data", "--timeout", "0")
    assert "missing: data migration rename is pending: rows remain" in outcome.stdout
    outcome = with_rows.run("wait", "--for", "contracted", "--timeout", "0")
    assert "missing: contracts not applied: contract_base, drop_old" in outcome.stdout


def test_rows_that_came_after_the_data_migration_was_done_count(database: Database, with_rows: Project) -> None:
    assert with_rows.run("expand").exit_code == 0
    assert with_rows.run("online-data-migrations").exit_code == 0
    database.execute("INSERT INTO shop (id, old) VALUES (2, 'late')")
    assert with_rows.run("wait", "--for", "data", "--timeout", "0").exit_code == 4


def test_it_ends_when_another_process_gets_there(database: Database, with_rows: Project) -> None:
    waiting = with_rows.start("wait", "--for", "expanded", "--timeout", "60", "--interval", "0.1")
    assert waiting.stdout is not None
    assert "waiting for expanded: expands not applied: add_new" in waiting.stdout.readline()
    assert with_rows.run("expand").exit_code == 0
    outcome = run.finish(waiting, within=20)
    assert outcome.exit_code == 0, outcome.output
    assert outcome.stdout.count("waiting for") == 0  # said once, in the line that was read above


@pytest.mark.servers("sqlite")
def test_a_database_without_any_table_of_ours_is_waited_for(database: Database, project: Project) -> None:
    shop.release_a(project)
    outcome = project.run("wait", "--for", "expanded", "--timeout", "0.2", "--interval", "0.05")
    assert outcome.exit_code == 4, outcome.output
    assert database.tables() == []


@pytest.mark.servers("sqlite")
def test_the_document_has_what_a_pipeline_decides_by(with_rows: Project) -> None:
    document = with_rows.run("wait", "--for", "expanded", "--timeout", "0", "--format", "json").json()
    assert document["schema"] == "migrator/wait@1"
    assert document["outcome"] == "closed"
    assert document["goal"] == "expanded"
    assert document["missing"] == ["expands not applied: add_new"]
    assert document["next"] == ["migrator expand"]
    assert with_rows.run("expand").exit_code == 0
    document = with_rows.run("wait", "--for", "expanded", "--format", "json").json()
    assert (document["outcome"], document["exit_code"], document["missing"]) == ("done", 0, [])


@pytest.mark.servers("sqlite")
def test_progress_as_json_lines_goes_to_stderr(with_rows: Project) -> None:
    waiting = with_rows.start("wait", "--for", "expanded", "--timeout", "100", "--log-format", "json")
    assert waiting.stderr is not None
    line = json.loads(waiting.stderr.readline())
    assert line["message"] == "waiting for expanded: expands not applied: add_new"
    assert with_rows.run("expand").exit_code == 0
    assert run.finish(waiting).exit_code == 0


@pytest.mark.servers("sqlite")
@pytest.mark.parametrize(
    "arguments",
    [
        ["wait"],
        ["wait", "--for", "ready"],
        ["wait", "--for", "data", "--timeout", "soon"],
        ["wait", "--for", "data", "--interval", "0"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_exit_64(project: Project, arguments: list[str]) -> None:
    assert project.run(*arguments).exit_code == 64


@pytest.mark.servers("sqlite")
def test_a_revision_that_does_not_import_ends_it_at_once(project: Project) -> None:
    project.revision("expand", "e1", head="1 / 0")
    assert project.run("wait", "--for", "expanded", "--timeout", "100").exit_code == 64


@pytest.mark.servers(*SERVERS)
@pytest.mark.parametrize("template", ["sync", "async"])
def test_a_server_that_is_down_is_tried_until_the_time_is_up(project: Project, template: str) -> None:
    shop.release_a(project)
    project.write_env(template, ports.at(project.url, ports.free_port()))  # type: ignore[arg-type]  # two of its words
    outcome = project.run("wait", "--for", "expanded", "--timeout", "1", "--interval", "0.2")
    assert outcome.exit_code == 6, outcome.output
    assert outcome.stdout.count("waiting for expanded") == 1
    assert "Traceback" not in outcome.output


@pytest.mark.servers(*SERVERS)
def test_a_server_that_takes_the_connection_and_is_silent_does_not_outlast_the_timeout(project: Project) -> None:
    shop.release_a(project)
    with ports.silent_port() as port:
        project.write_env(url=ports.at(project.url, port))
        process = project.start("wait", "--for", "expanded", "--timeout", "1")
        outcome = run.finish(process, within=30)
    assert outcome.exit_code == 6, outcome.output


@pytest.mark.servers(*SERVERS)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_a_signal_ends_it_even_while_it_connects(project: Project, number: signal.Signals) -> None:
    shop.release_a(project)
    with ports.silent_port() as port:
        project.write_env(url=ports.at(project.url, port))
        process = project.start("wait", "--for", "expanded", "--timeout", "100", "--log-format", "json")
        time_to_connect(process.pid)
        start = time.monotonic()
        process.send_signal(number)
        outcome = run.finish(process, within=30)
    assert outcome.exit_code == 8, outcome.output
    assert time.monotonic() - start < 15
    assert "nothing was changed" in outcome.stderr


def time_to_connect(pid: int) -> None:
    """Until the process has a connection that is established."""
    eventually(lambda: established(pid), within=60, what="a connection")


def established(pid: int) -> bool:
    import os

    sockets = set()
    for entry in os.scandir(f"/proc/{pid}/fd"):
        try:
            sockets.add(os.readlink(entry.path))
        except OSError:
            continue
    with open(f"/proc/{pid}/net/tcp") as table:
        lines = [line.split() for line in table.readlines()[1:]]
    return any(f"socket:[{line[9]}]" in sockets and line[3] == "01" for line in lines)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_a_signal_ends_it_between_two_questions(with_rows: Project, number: signal.Signals) -> None:
    process = with_rows.start("wait", "--for", "expanded", "--timeout", "100", "--interval", "100")
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(number)
    outcome = run.finish(process, within=30)
    assert outcome.exit_code == 8, outcome.output
    assert "next:  migrator wait --for expanded" in outcome.stderr
