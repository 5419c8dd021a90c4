"""``migrator check --trace``: what the server really did, beside what the rules said."""

from __future__ import annotations

import secrets
import signal
import time
from typing import Any

import pytest
import sqlalchemy as sa

from tests.support.database import Database
from tests.support.poll import eventually
from tests.support.project import Project
from tests.support.run import finish
from tests.support.tracing import USERS, traced

pytestmark = pytest.mark.servers("postgresql", "mariadb", "mysql", "postgresql-14", "postgresql-18")
SCHEMA = "CREATE TABLE users (id int PRIMARY KEY, name varchar(50), age int);\n"


def scratch_databases(database: Database) -> list[str]:
    """Those of --trace that are left on the server; of other tests too, so compare before and after."""
    source = "pg_database" if database.dialect == "postgresql" else "information_schema.schemata"
    column = "datname" if database.dialect == "postgresql" else "schema_name"
    table = sa.table(source.split(".")[-1], sa.column(column), schema="information_schema" if "." in source else None)
    names = sa.select(table.c[column]).where(table.c[column].like("migrator%trace%"))
    return [str(row[0]) for row in database.rows(names)]


def taken_away(database: Database, before: set[str]) -> None:
    """Wait until the scratch databases that came since then are gone; tests beside this one make more meanwhile."""
    left = set(scratch_databases(database)) - before
    eventually(lambda: not left & set(scratch_databases(database)), within=60)


def runs(database: Database, text: str) -> bool:
    """Whether a session runs a statement with this text, ours aside."""
    view = "SELECT query FROM pg_stat_activity" if database.dialect == "postgresql" else "SHOW FULL PROCESSLIST"
    return any(f"SELECT {text}" in str(row) for row in database.rows(view))


def of_file(project: Project, database: Database, sql: str) -> tuple[int, list[dict[str, Any]], list[str]]:
    """(exit code, the measured statements, the rules found) of one file over SCHEMA."""
    schema, change = project.write("schema.sql", SCHEMA), project.write("change.sql", sql)
    code, document = traced(project, database, "--phase", "expand", "--schema", schema, change)
    return code, document["trace"]["statements"], [one["rule"] for one in document["findings"]]


def test_what_the_planner_makes_online_is_measured_as_such(project: Project, database: Database) -> None:
    project.revision("trunk", "t1", USERS)
    project.revision("expand", "e1", 'op.create_index("ix_name", "users", ["name"])')
    project.revision("expand", "e2", 'op.add_column("users", sa.Column("age", sa.Integer))')
    project.revision("contract", "c1", 'op.drop_column("users", "age")', depends_on="e2", requires_data=())
    code, document = traced(project, database, project.path / "migrations" / "expand")
    assert (code, document["findings"]) == (0, [])
    statements = document["trace"]["statements"]
    assert [one["revision"] for one in statements] == ["e1", "e2"]
    assert {(one["measured"], one["agrees"]) for one in statements} == {("passes", True)}
    assert all(one["locks"] or one["algorithm"] for one in statements)
    assert all(one["line"] > 0 for one in statements)
    assert database.tables() == []


def test_the_index_that_stops_writers_is_measured_and_found(project: Project, database: Database) -> None:
    if database.dialect == "postgresql":
        code, statements, rules = of_file(project, database, "CREATE INDEX ix ON users (name);")
        assert rules == ["create-index-not-concurrently"]
        assert statements[0]["locks"] == {"users": ["ShareLock"]}
        assert statements[0]["scanned_under_lock"] == ["users"]
    else:
        code, statements, rules = of_file(project, database, "ALTER TABLE users ADD FULLTEXT INDEX ix (name);")
        assert rules == ["mysql-add-fulltext-or-spatial"]
        assert statements[0]["algorithm"] == "INPLACE,LOCK=SHARED"
    assert code == 3
    assert [(one["measured"], one["agrees"]) for one in statements] == [("blocks", True)]


def test_a_rewrite_is_seen_on_an_empty_table(project: Project, database: Database) -> None:
    change = "ALTER COLUMN age TYPE bigint" if database.dialect == "postgresql" else "MODIFY COLUMN age bigint"
    code, statements, rules = of_file(project, database, f"ALTER TABLE users {change};")
    assert code == 3
    assert "users" in statements[0]["rewritten"]
    assert statements[0]["agrees"]
    assert rules


def test_tables_that_swap_their_names_are_not_written_anew(project: Project, database: Database) -> None:
    swap = "ALTER TABLE users RENAME TO users_old; ALTER TABLE users_new RENAME TO users;"
    if database.dialect == "mysql":
        swap = "RENAME TABLE users TO users_old, users_new TO users;"
    schema = project.write("schema.sql", f"{SCHEMA}CREATE TABLE users_new (id int PRIMARY KEY);")
    _, document = traced(project, database, "--phase", "expand", "--schema", schema, project.write("change.sql", swap))
    statements = document["trace"]["statements"]
    assert {one["measured"] for one in statements} == {"passes"}
    assert not any(one["rewritten"] for one in statements)


def test_what_the_rules_let_pass_and_the_server_refuses_is_a_finding(project: Project, database: Database) -> None:
    code, statements, rules = of_file(project, database, "ALTER TABLE users ADD COLUMN age int;")
    assert (code, rules) == (3, ["trace-differs"])
    assert [(one["measured"], one["agrees"]) for one in statements] == [("refused", False)]


def test_what_depends_on_the_session_names_the_setting_and_what_it_was(project: Project, database: Database) -> None:
    if database.dialect == "postgresql":
        schema = "CREATE TABLE users (id int PRIMARY KEY, at timestamp);"
        setting, value, change = "TimeZone", "UTC", "ALTER TABLE users ALTER COLUMN at TYPE timestamptz;"
        prelude = "SET TimeZone = 'UTC';"
    else:
        schema = f"{SCHEMA}CREATE TABLE posts (id int PRIMARY KEY, user_id int);"
        setting, value = "foreign_key_checks", "off"
        change = "ALTER TABLE posts ADD CONSTRAINT posts_user FOREIGN KEY (user_id) REFERENCES users (id);"
        prelude = "SET foreign_key_checks = 0;"
    files = project.write("schema.sql", schema), project.write("change.sql", f"{prelude}\n{change}")
    code, document = traced(project, database, "--phase", "expand", "--schema", *files)
    statement = document["trace"]["statements"][1]
    found = [one for one in document["findings"] if one["condition"]]
    assert code == 3
    assert (statement["measured"], statement["agrees"], statement["session"][setting]) == ("passes", False, value)
    assert {one["condition"] for one in found} == {statement["condition"]}
    assert f"{setting} of the session" in statement["condition"]
    assert all(one["condition"] in one["message"] and f"{setting}={value}" in one["message"] for one in found)
    assert not [note for note in document["notes"] if "static and trace differ" in note]


@pytest.mark.servers("mysql")
def test_the_row_versions_that_a_change_takes_are_counted(project: Project, database: Database) -> None:
    change = "ALTER TABLE users ADD COLUMN x int; ALTER TABLE users DROP COLUMN x; ALTER TABLE users COMMENT = 'x';"
    _, statements, _ = of_file(project, database, change)
    assert [one["row_versions"] for one in statements] == [{"users": 1}, {"users": 2}, {}]


def test_what_changes_the_server_is_not_sent(project: Project, database: Database) -> None:
    name = f"trace_{secrets.token_hex(4)}"
    roles = f"CREATE ROLE {name}; GRANT SELECT ON users TO {name}; CREATE DATABASE {name};"
    _, statements, _ = of_file(project, database, f"{roles} ALTER TABLE users ADD COLUMN x int;")
    assert [one["measured"] for one in statements] == ["unsent", "unsent", "unsent", "passes"]
    assert all(one["unsent"] for one in statements[:3])
    view = "pg_roles WHERE rolname" if database.dialect == "postgresql" else "mysql.user WHERE user"
    assert database.rows(f"SELECT 1 FROM {view} = '{name}'") == []


def test_a_dump_of_another_database_stays_in_the_scratch_database(project: Project, database: Database) -> None:
    if database.dialect == "postgresql":
        dump = f"CREATE DATABASE other;\n{SCHEMA}ALTER TABLE users OWNER TO nobody_here;"
    else:
        dump = f"CREATE DATABASE /*!32312 IF NOT EXISTS*/ `other`;\nUSE `other`;\n{SCHEMA}"
    schema, change = project.write("schema.sql", dump), project.write("c.sql", "ALTER TABLE users ADD COLUMN x int;")
    _, document = traced(project, database, "--phase", "expand", "--schema", schema, change)
    assert [one["measured"] for one in document["trace"]["statements"]] == ["passes"]
    assert [note for note in document["notes"] if note.startswith("left out were 2 statement(s) of the schema")]


def test_a_statement_that_commits_by_itself_doesnt_wait_for_the_transaction_around_it(
    project: Project, database: Database
) -> None:
    if database.dialect == "postgresql":
        body = "BEGIN; ALTER TABLE users ADD COLUMN x int; CREATE INDEX CONCURRENTLY ix ON users (name); COMMIT;"
    else:
        body = "LOCK TABLES users WRITE; ALTER TABLE users ADD COLUMN x int; UNLOCK TABLES;"
    _, statements, _ = of_file(project, database, body)
    last = statements[2] if database.dialect == "postgresql" else statements[1]
    assert last["measured"] == ("refused" if database.dialect == "postgresql" else "passes")


def test_what_only_python_decides_is_run(project: Project, database: Database) -> None:
    project.revision("trunk", "t1", USERS)
    body = """
        for column in sa.inspect(op.get_bind()).get_columns("users"):
            op.execute(f"ALTER TABLE users ADD COLUMN {column['name']}_2 int")
    """
    project.revision("expand", "e1", body)
    _, document = traced(project, database)
    texts = [one["statement"].split(",")[0] for one in document["trace"]["statements"]]
    assert texts == ["ALTER TABLE users ADD COLUMN id_2 int", "ALTER TABLE users ADD COLUMN name_2 int"]


def test_the_text_names_locks_and_both_verdicts(project: Project, database: Database) -> None:
    schema, change = project.write("s.sql", SCHEMA), project.write("c.sql", "ALTER TABLE users ADD COLUMN x int;")
    result = project.run("check", "--trace", database.url, "--phase", "expand", "--schema", schema, change)
    assert result.exit_code == 0
    assert "measured:  stops no traffic for long" in result.stdout
    assert "rules:     nothing found" in result.stdout


LOOP = """
for row in op.get_bind().execute(sa.text("SELECT id FROM users ORDER BY id")):
    op.execute(f"CREATE TABLE users_of_{row[0]} (id int)")
"""


def test_a_statement_of_a_revision_that_the_server_refuses_is_a_finding(project: Project, database: Database) -> None:
    project.revision("trunk", "t1", USERS)
    project.revision("expand", "e1", 'op.add_column("users", sa.Column("name", sa.Integer))')
    code, document = traced(project, database)
    assert code == 3
    assert [one["measured"] for one in document["trace"]["statements"]] == ["refused"]
    assert document["findings"]
    assert "nothing was traced behind revision e1, which failed on the scratch database" in "".join(document["notes"])


def test_a_loop_over_rows_runs_over_rows_that_were_made_up(project: Project, database: Database) -> None:
    project.revision("trunk", "t1", USERS)
    project.revision("expand", "e1", LOOP)
    _, document = traced(project, database, "--trace-rows", "2")
    texts = [one["statement"] for one in document["trace"]["statements"]]
    assert texts == ["CREATE TABLE users_of_1 (id int)", "CREATE TABLE users_of_2 (id int)"]


def test_a_loop_that_found_no_row_is_told(project: Project, database: Database) -> None:
    project.revision("trunk", "t1", USERS)
    project.revision("expand", "e1", LOOP)
    _, document = traced(project, database, "--trace-rows", "0")
    assert document["trace"]["statements"] == []
    assert [note for note in document["notes"] if note.startswith("revision e1 found no row of users at ")]


def test_what_the_made_up_rows_stop_is_measured_without_them(project: Project, database: Database) -> None:
    project.revision("trunk", "t1", USERS)
    checked = "op.execute(\"ALTER TABLE users ADD CONSTRAINT c CHECK (name <> '1')\")"
    project.revision("expand", "e1", f'{checked}\nop.add_column("users", sa.Column("age", sa.Integer))')
    _, document = traced(project, database)
    assert [one["measured"] for one in document["trace"]["statements"]] == ["blocks", "passes"]
    assert [note for note in document["notes"] if note.startswith("measured on empty tables, since it stopped with 3")]


def test_rows_of_tables_that_refer_to_each_other_are_made_up(project: Project, database: Database) -> None:
    posts = 'sa.Column("user_id", sa.Integer, sa.ForeignKey("users.id"), nullable=False)'
    kinds = (
        'sa.Column("at", sa.DateTime, nullable=False), sa.Column("kind", sa.Enum("a", "b", name="k"), nullable=False)'
    )
    project.revision("trunk", "t1", f'{USERS}\nop.create_table("posts", {posts}, {kinds})')
    body = """
        (count,) = op.get_bind().execute(sa.text("SELECT count(*) FROM posts JOIN users ON users.id = user_id")).one()
        op.execute(f"CREATE TABLE found_{count} (id int)")
    """
    project.revision("expand", "e1", body)
    _, document = traced(project, database)
    assert [one["statement"] for one in document["trace"]["statements"]] == ["CREATE TABLE found_3 (id int)"]


def test_a_database_with_tables_is_refused(project: Project, database: Database) -> None:
    database.execute("CREATE TABLE users (id int)")
    result = project.run("check", "--trace", database.url)
    assert result.exit_code == 64
    assert "holds tables" in result.stderr


def test_another_dialect_than_the_servers_is_refused(project: Project, database: Database) -> None:
    result = project.run("check", "--trace", database.url, "--dialect", "sqlite")
    assert result.exit_code == 64
    assert "--dialect names sqlite" in result.stderr


def test_nothing_is_left_on_the_server_when_the_revision_raises(project: Project, database: Database) -> None:
    project.revision("trunk", "t1", USERS)
    project.revision("expand", "e1", f'{USERS.replace("users", "posts")}\nraise ValueError("secret")')
    before = set(scratch_databases(database))
    result = project.run("check", "--trace", database.url)
    assert "failed on the scratch database (revision e1 raised ValueError" in result.stdout
    assert "secret" not in result.output
    # Another test's may be among them for a while.
    taken_away(database, before)


def test_a_revision_that_hangs_on_the_server_ends_at_the_limit(project: Project, database: Database) -> None:
    project.revision("trunk", "t1", USERS)
    sleep = "pg_sleep(50)" if database.dialect == "postgresql" else "SLEEP(50)"
    project.revision("expand", "e1", f'op.execute("SELECT {sleep}")')
    before = set(scratch_databases(database))
    began = time.monotonic()
    _, document = traced(project, database, "--trace-limit", "1")
    assert time.monotonic() - began < 30
    assert "which did not end within 1 s on the scratch database" in "".join(document["notes"])
    assert not runs(database, sleep)
    taken_away(database, before)


@pytest.mark.quick_on("postgresql")
def test_a_revision_whose_python_hangs_ends_at_the_limit(project: Project, database: Database) -> None:
    project.revision("trunk", "t1", USERS)
    body = """
        import threading
        try:
            if threading.current_thread() is threading.main_thread():
                threading.Event().wait(50)
        except Exception:
            pass
    """
    project.revision("expand", "e1", body)
    began = time.monotonic()
    _, document = traced(project, database, "--trace-limit", "1", project.path / "migrations" / "expand")
    assert time.monotonic() - began < 40
    assert "revision e1, which did not end within 1 s" in "".join(document["notes"])


def test_a_statement_that_hangs_is_found(project: Project, database: Database) -> None:
    sleep = "pg_sleep(50)" if database.dialect == "postgresql" else "SLEEP(50)"
    schema, change = project.write("s.sql", SCHEMA), project.write("c.sql", f"SELECT {sleep};\nSELECT 1;")
    code, document = traced(project, database, "--phase", "expand", "--schema", schema, change, "--trace-limit", "1")
    assert code == 3
    assert [one["refused"] for one in document["trace"]["statements"]] == ["did not end within 1 s"]
    assert "which wasn't done (did not end within 1 s)" in "".join(document["notes"])


def test_progress_names_the_revision_that_runs(project: Project, database: Database) -> None:
    project.revision("trunk", "t1", USERS)
    project.revision("expand", "e1", 'op.add_column("users", sa.Column("age", sa.Integer))')
    result = project.run("check", "--trace", database.url)
    lines = [line for line in result.stderr.splitlines() if line.startswith("tracing")]
    assert lines[0] == "tracing revision 1 of 4: t1"
    assert lines[-1] == "tracing revision 4 of 4: e1"


def test_ctrl_c_ends_the_statement_and_drops_the_database(project: Project, database: Database) -> None:
    project.revision("trunk", "t1", USERS)
    sleep = "pg_sleep(60)" if database.dialect == "postgresql" else "SLEEP(60)"
    project.revision("expand", "e1", f'op.execute("SELECT {sleep}")')
    before = set(scratch_databases(database))
    process = project.start("check", "--trace", database.url)
    eventually(lambda: runs(database, sleep))
    process.send_signal(signal.SIGINT)
    result = finish(process, within=30)
    assert result.exit_code == 8
    assert "Traceback" not in result.output
    taken_away(database, before)
