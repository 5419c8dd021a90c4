"""Bad input: one clear sentence, the next command, the right exit code, and nothing changed."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.cli.bad_input import make_shop, refused
from tests.support import run
from tests.support.database import Database
from tests.support.project import Project

sqlite_only = pytest.mark.servers("sqlite")
servers_only = pytest.mark.servers("postgresql", "postgresql-psycopg", "mariadb", "mysql")


# -- the configuration -----------------------------------------------------------------------------------------------


def test_no_configuration_file_names_what_is_looked_for(tmp_path: Path) -> None:
    outcome = run.run("migrator", "status", folder=tmp_path)
    refused(outcome, 64, "alembic.ini", "--config")


def test_a_configuration_file_that_does_not_exist_is_named(tmp_path: Path) -> None:
    outcome = run.run("migrator", "--config", "nowhere.ini", "status", folder=tmp_path)
    refused(outcome, 64, "nowhere.ini")


@sqlite_only
def test_a_configuration_without_the_two_branches_says_how_to_begin_one(project: Project) -> None:
    (project.path / "migrations/contract/contract_base.py").unlink()
    refused(project.run("expand"), 64, "contract", "--branch-label")


@sqlite_only
def test_two_heads_in_one_branch_are_named_with_the_merge_command(project: Project) -> None:
    project.revision("expand", "one", down_revision="expand_base")
    project.revision("expand", "two", down_revision="expand_base")
    refused(project.run("expand"), 64, "one", "two", "alembic merge")


@sqlite_only
def test_an_unknown_setting_is_refused(project: Project) -> None:
    project.config.write_text(project.config.read_text() + "\n[migrator]\nlock_timeuot = 2\n")
    refused(project.run("status"), 64, "lock_timeuot")


@sqlite_only
def test_a_revision_that_does_not_import_is_named_by_file_line_and_class(project: Project) -> None:
    project.revision("expand", "broken", head="raise RuntimeError('CANARY')")
    outcome = project.run("expand")
    refused(outcome, 64, "broken.py:", "RuntimeError")
    assert "CANARY" not in outcome.output


@sqlite_only
def test_an_unknown_revision_for_to_is_refused(project: Project) -> None:
    refused(project.run("expand", "--to", "nothere"), 64, "nothere")


# -- the command line ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["0", "-5", "ten", "1.5", ""])
@sqlite_only
def test_max_count_must_be_a_whole_number_above_zero(project: Project, value: str) -> None:
    refused(project.run("online-data-migrations", f"--max-count={value}"), 127, "--max-count")


@sqlite_only
def test_a_mistyped_command_gets_the_nearest_one(project: Project) -> None:
    refused(project.run("exapnd"), 64, "migrator expand")


@sqlite_only
def test_an_unknown_option_is_exit_64_and_not_click_s_own_2(project: Project) -> None:
    refused(project.run("expand", "--lock-timout", "1"), 64, "--lock-timout", "--help")


@sqlite_only
def test_a_lock_timeout_of_zero_is_refused(project: Project) -> None:
    refused(project.run("expand", "--lock-timeout", "0"), 64, "--lock-timeout")


@sqlite_only
def test_with_format_json_a_refusal_is_one_document_on_stdout(project: Project) -> None:
    outcome = project.run("--format", "json", "expand", "--to", "nothere")
    document = outcome.json()
    assert outcome.exit_code == document["exit_code"] == 64
    assert document["schema"] == "migrator/expand@1"
    assert document["outcome"] == "usage"
    assert "nothere" in document["error"]["message"]
    assert document["next"]
    assert outcome.stderr == ""


@pytest.mark.servers("sqlite")
@pytest.mark.parametrize(
    "words", [("data", "throttle"), ("data", "throttle", "fill"), ("data", "waive", "fill", "--kee=1")]
)
def test_a_sub_command_called_wrongly_names_its_own_help(project: Project, words: tuple[str, ...]) -> None:
    refused(project.run(*words), 64, f"next:  migrator data {words[1]} --help")


# -- the database ----------------------------------------------------------------------------------------------------


@sqlite_only
def test_a_malformed_url_is_refused_without_repeating_it(project: Project) -> None:
    outcome = project.run("expand", "--database-url", "postgresql//u:CANARY@h")
    refused(outcome, 64, "malformed")
    assert "CANARY" not in outcome.output


@sqlite_only
def test_an_unknown_dialect_is_refused(project: Project) -> None:
    refused(project.run("expand", "--database-url", "oracel://u:p@h/d"), 64, "postgresql+psycopg2://")


@sqlite_only
def test_a_missing_driver_gets_the_command_that_installs_it(project: Project) -> None:
    outcome = project.run("expand", "--database-url", "mysql+mysqldb://u:CANARY@127.0.0.1/d")
    refused(outcome, 64, "MySQLdb", "pip install")
    assert "CANARY" not in outcome.output


@servers_only
def test_a_server_that_is_down_is_exit_6(database: Database, project: Project) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        url = sa.make_url(database.url).set(port=port, password="CANARY")
        outcome = project.run("status", "--database-url", url.render_as_string(hide_password=False))
    refused(outcome, 6, str(port))
    assert "CANARY" not in outcome.output


@servers_only
def test_a_wrong_password_is_exit_6_and_never_shown(project: Project, make_login: Callable[..., str]) -> None:
    url = sa.make_url(make_login()).set(password="CANARY")
    outcome = project.run("status", "--database-url", url.render_as_string(hide_password=False))
    if outcome.exit_code == 0:
        pytest.skip("this server trusts every local login")
    refused(outcome, 6, "log-in")
    assert "CANARY" not in outcome.output


@servers_only
def test_a_missing_database_is_exit_6_and_says_so(database: Database, project: Project) -> None:
    url = sa.make_url(database.url).set(database="mt_nowhere")
    outcome = project.run("status", "--database-url", url.render_as_string(hide_password=False))
    refused(outcome, 6, "mt_nowhere", "no such database")


@sqlite_only
def test_a_missing_folder_of_the_sqlite_file_is_exit_6(project: Project, tmp_path: Path) -> None:
    refused(project.run("expand", "--database-url", f"sqlite:///{tmp_path}/no/where.db"), 6, "where.db")


@servers_only
def test_a_role_that_may_not_create_tables_gets_the_statements_to_run(
    database: Database, project: Project, make_login: Callable[..., str]
) -> None:
    make_shop(project)
    url = make_login("rows")
    outcome = project.run("expand", "--database-url", url)
    refused(outcome, 64, "CREATE TABLE", "migrator_ledger")
    assert database.tables() == []


@sqlite_only
def test_a_read_only_sqlite_file_is_refused_and_unchanged(database: Database, project: Project, tmp_path: Path) -> None:
    make_shop(project)
    database.execute("CREATE TABLE other (id INTEGER)")
    file = Path(sa.make_url(database.url).database or "")
    url = f"sqlite:///file:{file}?mode=ro&uri=true"
    outcome = project.run("expand", "--database-url", url)
    refused(outcome, 8, "read-only")
    assert database.tables() == ["other"]


@sqlite_only
def test_an_in_memory_database_is_refused(project: Project) -> None:
    refused(project.run("expand", "--database-url", "sqlite://"), 64, "memory")


@sqlite_only
def test_env_py_of_one_database_and_the_url_of_another_leave_both_alone(
    database: Database, make_database: Callable[[], Database], project: Project
) -> None:
    make_shop(project)
    other = make_database()
    env = project.path / "migrations/env.py"
    env.write_text(
        "import sqlalchemy as sa\n"
        "from alembic import context\n"
        f"with sa.create_engine({database.url!r}).connect() as connection:\n"
        "    context.configure(connection=connection)\n"
        "    context.run_migrations()\n"
    )
    refused(project.run("expand", "--database-url", other.url), 64, "env.py connects to")
    assert database.tables() == other.tables() == []


# -- files and signals -----------------------------------------------------------------------------------------------


@sqlite_only
def test_a_full_disk_is_said_and_a_re_run_completes(database: Database, project: Project) -> None:
    make_shop(project)
    file = Path(sa.make_url(database.url).database or "")
    env = project.path / "migrations/env.py"
    plain = env.read_text()
    # SQLite's own limit on pages stands for a disk that is full: the same SQLITE_FULL reaches the driver.
    limit = (
        "import sqlalchemy as _sa\n"
        "@_sa.event.listens_for(_sa.Engine, 'connect')\n"
        "def _full(connection, record):\n"
        "    connection.execute('PRAGMA max_page_count = 2')\n"
    )
    env.write_text(limit + plain)
    refused(project.run("expand"), 8, "disk space")
    assert not file.exists() or "shop" not in database.tables()
    env.write_text(plain)
    assert project.run("expand").exit_code == 0
    assert "shop" in database.tables()


@sqlite_only
def test_a_reader_of_the_pipe_that_goes_away_is_no_traceback(project: Project) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as pipe:
        import subprocess
        import sys

        process = subprocess.run(
            [sys.executable, "-m", "migrator", "--help"],
            stdout=pipe,
            stderr=subprocess.PIPE,
            text=True,
            cwd=project.path,
            env=run.environment({}),
            check=False,
        )
    assert "Traceback" not in process.stderr
