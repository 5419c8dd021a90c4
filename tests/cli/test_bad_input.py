"""Bad input: one clear sentence, the next command, the right exit code, and nothing changed."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.support import run
from tests.support.database import Database
from tests.support.project import Project
from tests.support.run import Run

sqlite_only = pytest.mark.servers("sqlite")
servers_only = pytest.mark.servers("postgresql", "postgresql-psycopg", "mariadb", "mysql")


def refused(outcome: Run, exit_code: int, *words: str) -> None:
    """The exit code, one sentence on stderr with these words, a next step, no traceback, nothing on stdout."""
    assert outcome.exit_code == exit_code, outcome.output
    assert outcome.stdout == ""
    lines = outcome.stderr.strip().splitlines()
    assert lines[0].startswith("error: "), outcome.stderr
    assert any(line.startswith("next:  ") for line in lines), outcome.stderr
    assert "Traceback" not in outcome.stderr
    for word in words:
        assert word in outcome.stderr, outcome.stderr


def shop(project: Project) -> None:
    project.revision(
        "expand",
        "shop",
        'op.create_table("shop", sa.Column("id", sa.Integer, primary_key=True), sa.Column("old", sa.Integer),'
        ' sa.Column("new", sa.Integer))',
        change="shop",
    )


DATA = """
    shop = sa.table("shop", sa.column("id"), sa.column("old"), sa.column("new"))
    {name} = migrator.UpdateMigration(
        name="{name}", table=shop, set={{"new": shop.c.old}}, where=shop.c.new.is_distinct_from(shop.c.old),
        requires=("shop",),
    )
"""


def data(project: Project, name: str = "fill", file: str = "fill") -> None:
    project.data(file, DATA.format(name=name))


# -- the configuration -----------------------------------------------------------------------------------------------


def test_no_configuration_file_names_what_is_looked_for(tmp_path: Path) -> None:
    outcome = run.finish(run.start("migrator", "status", folder=tmp_path))
    refused(outcome, 64, "alembic.ini", "--config")


def test_a_configuration_file_that_does_not_exist_is_named(tmp_path: Path) -> None:
    outcome = run.finish(run.start("migrator", "--config", "nowhere.ini", "status", folder=tmp_path))
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
    shop(project)
    url = make_login("rows")
    outcome = project.run("expand", "--database-url", url)
    refused(outcome, 64, "CREATE TABLE", "migrator_ledger")
    assert database.tables() == []


@sqlite_only
def test_a_read_only_sqlite_file_is_refused_and_unchanged(database: Database, project: Project, tmp_path: Path) -> None:
    shop(project)
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
    shop(project)
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


# -- data migrations -------------------------------------------------------------------------------------------------


@sqlite_only
def test_an_unknown_only_name_lists_those_that_exist(project: Project) -> None:
    shop(project)
    data(project)
    assert project.run("expand").exit_code == 0
    refused(project.run("online-data-migrations", "--only", "fil"), 64, "fil", "fill")


@sqlite_only
def test_a_data_module_that_does_not_import_is_named(project: Project) -> None:
    shop(project)
    project.data("bad", 'raise LookupError("CANARY")')
    outcome = project.run("online-data-migrations")
    refused(outcome, 64, "bad.py:", "LookupError")
    assert "CANARY" not in outcome.output


@sqlite_only
def test_two_data_migrations_of_one_name_are_refused(project: Project) -> None:
    shop(project)
    data(project, file="one")
    data(project, file="two")
    refused(project.run("online-data-migrations"), 64, "fill", "one.py", "two.py")


@sqlite_only
def test_a_requires_data_that_names_nothing_is_refused_by_contract_and_status(project: Project) -> None:
    shop(project)
    project.revision("contract", "drop_old", 'op.drop_column("shop", "old")', depends_on="shop", requires_data=["fil"])
    refused(project.run("contract"), 64, "fil", "drop_old")
    refused(project.run("status"), 64, "fil", "drop_old")


def test_a_table_without_a_usable_key_is_refused_and_says_what_to_add(database: Database, project: Project) -> None:
    if database.dialect == "sqlite":
        pytest.skip("every SQLite table has a rowid")
    project.revision(
        "expand", "shop", 'op.create_table("shop", sa.Column("old", sa.Integer), sa.Column("new", sa.Integer))'
    )
    project.data(
        "fill",
        """
        shop = sa.table("shop", sa.column("old"), sa.column("new"))
        fill = migrator.UpdateMigration(
            name="fill", table=shop, set={"new": shop.c.old}, where=shop.c.new.is_distinct_from(shop.c.old)
        )
        """,
    )
    assert project.run("expand").exit_code == 0
    database.execute("INSERT INTO shop (old) VALUES (1)")
    refused(project.run("online-data-migrations"), 64, "shop", "key")


def test_a_predicate_that_never_becomes_false_stops_the_run_and_is_named(database: Database, project: Project) -> None:
    shop(project)
    project.data(
        "fill",
        """
        shop = sa.table("shop", sa.column("id"), sa.column("old"), sa.column("new"))
        fill = migrator.UpdateMigration(name="fill", table=shop, set={"new": shop.c.old}, where=shop.c.id > 0)
        """,
    )
    assert project.run("expand").exit_code == 0
    database.execute("INSERT INTO shop (id, old) VALUES (1, 1), (2, 2)")
    outcome = project.run("online-data-migrations")
    assert outcome.exit_code == 2, outcome.output
    assert "fill" in outcome.stdout
    assert "blocked" in outcome.stdout


def test_a_function_that_raises_is_named_by_class_and_the_others_go_on(database: Database, project: Project) -> None:
    shop(project)
    data(project)
    project.data(
        "a_bad",
        """
        @migrator.function_migration(name="bad", remaining=sa.select(sa.literal(1)))
        def bad(context, max_count):
            raise ValueError("CANARY")
        """,
    )
    assert project.run("expand").exit_code == 0
    database.execute("INSERT INTO shop (id, old) VALUES (1, 7)")
    outcome = project.run("online-data-migrations")
    assert outcome.exit_code == 1, outcome.output
    assert "ValueError" in outcome.output
    assert "CANARY" not in outcome.output
    assert database.scalar("SELECT new FROM shop") == 7
    assert project.run("online-data-migrations").exit_code == 2


# -- canaries --------------------------------------------------------------------------------------------------------


def test_no_canary_in_rows_keys_or_errors_reaches_output_or_tables(database: Database, project: Project) -> None:
    project.revision(
        "expand",
        "person",
        'op.create_table("person", sa.Column("email", sa.String(60), primary_key=True),'
        ' sa.Column("name", sa.String(60)), sa.Column("full", sa.String(60), unique=True))',
    )
    project.data(
        "names",
        """
        person = sa.table("person", sa.column("email"), sa.column("name"), sa.column("full"))
        names = migrator.UpdateMigration(
            name="names", table=person, set={"full": person.c.name}, where=person.c.full.is_distinct_from(person.c.name)
        )
        """,
    )
    assert project.run("expand").exit_code == 0
    database.execute("INSERT INTO person (email, name) VALUES ('CANARY1', 'CANARY'), ('CANARY2', 'CANARY')")
    outputs = [
        project.run("online-data-migrations", "--max-count", "1", "-v"),
        project.run("online-data-migrations", "-v", "--log-format", "json"),
        project.run("status", "-v"),
        project.run("ledger", "--format", "json"),
    ]
    assert outputs[1].exit_code in (1, 2), outputs[1].output  # the unique key stops the second row
    for outcome in outputs:
        assert "CANARY" not in outcome.output
    for table in database.tables():
        if table.startswith("migrator_"):
            assert "CANARY" not in repr(database.rows(f"SELECT * FROM {table}")), table


# -- files and signals -----------------------------------------------------------------------------------------------


@sqlite_only
def test_a_full_disk_is_said_and_a_re_run_completes(database: Database, project: Project) -> None:
    shop(project)
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
