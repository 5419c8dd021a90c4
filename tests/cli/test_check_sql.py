"""``migrator check`` over files of SQL: no project, no database."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.support import forked
from tests.support.run import environment

EXPAND = ("--phase", "expand", "--dialect", "postgresql")


def run(folder: Path, *words: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """The command in a folder that holds no project."""
    arguments = ("check", *words)
    ended = forked.run_module(
        "migrator", arguments, folder=folder, environment=environment({}), within=60, standard_input=stdin
    )
    assert ended.exit_code is not None, "it took longer than a minute"
    return subprocess.CompletedProcess(arguments, ended.exit_code, ended.stdout.encode(), ended.stderr.encode())


def write(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_a_file_is_checked_without_a_project(tmp_path: Path) -> None:
    write(tmp_path, "change.sql", "-- the index\n\nCREATE TABLE t (id int);\nCREATE INDEX i\n  ON users (email);\n")
    outcome = run(tmp_path, *EXPAND, "change.sql")
    assert outcome.returncode == 3, outcome
    text = outcome.stdout.decode()
    assert text.startswith("change.sql:4: error [create-index-not-concurrently]")
    assert "write:  CREATE INDEX CONCURRENTLY i ON users (email);" in text
    assert "1 error, 0 warnings: 1 file, 2 statements, 1 database checked (postgresql)" in text
    assert outcome.stderr == b""


def test_standard_input_is_a_file(tmp_path: Path) -> None:
    outcome = run(tmp_path, *EXPAND, "-", stdin=b"DROP TABLE users")
    assert outcome.returncode == 3
    assert outcome.stdout.startswith(b"<stdin>:1: error [drop-table]")
    assert b"fix:       move it to a file of the contract phase" in outcome.stdout


def test_what_is_harmless_exits_0_and_says_how_much_was_looked_at(tmp_path: Path) -> None:
    write(tmp_path, "change.sql", "ALTER TABLE users ADD COLUMN x int;")
    outcome = run(tmp_path, *EXPAND, "change.sql")
    assert outcome.returncode == 0
    assert outcome.stdout == b"no findings: 1 file, 1 statement, 1 database checked (postgresql)\n"


def test_contract_may_remove(tmp_path: Path) -> None:
    write(tmp_path, "change.sql", "ALTER TABLE users DROP COLUMN name;")
    assert run(tmp_path, "--phase", "contract", "--dialect", "mysql", "change.sql").returncode == 0


def test_a_folder_is_taken_in_the_order_of_names(tmp_path: Path) -> None:
    write(tmp_path, "sql/V2.sql", "DROP TABLE b;")
    write(tmp_path, "sql/V1.sql", "DROP TABLE a;")
    write(tmp_path, "sql/notes.txt", "DROP TABLE c;")
    outcome = run(tmp_path, *EXPAND, "--format", "json", "sql")
    document = json.loads(outcome.stdout)
    assert [one["file"] for one in document["findings"]] == ["sql/V1.sql", "sql/V2.sql"]
    assert document["checked"] == {"revisions": 0, "files": 2, "statements": 2, "dialects": ["postgresql"]}


def test_a_baseline_tells_types_and_which_tables_are_new(tmp_path: Path) -> None:
    write(tmp_path, "schema.sql", "CREATE TABLE public.users (id integer, name character varying(20), age integer);")
    write(tmp_path, "wide.sql", "ALTER TABLE users ALTER COLUMN name TYPE varchar(40);")
    write(tmp_path, "new.sql", "CREATE TABLE fresh (id int);")
    write(tmp_path, "new_2.sql", "CREATE INDEX i ON fresh (id);")
    assert run(tmp_path, *EXPAND, "wide.sql").returncode == 3
    assert run(tmp_path, *EXPAND, "--schema", "schema.sql", "wide.sql").returncode == 0
    assert run(tmp_path, *EXPAND, "new.sql", "new_2.sql").returncode == 3
    assert run(tmp_path, *EXPAND, "--schema", "schema.sql", "new.sql", "new_2.sql").returncode == 0


def test_the_version_of_the_server_counts(tmp_path: Path) -> None:
    write(tmp_path, "schema.sql", "CREATE TABLE p (id int) PARTITION BY RANGE (id); CREATE TABLE users (id int);")
    write(tmp_path, "f.sql", "ALTER TABLE p ADD CONSTRAINT f FOREIGN KEY (id) REFERENCES users (id);")
    for version, rule in (("15", b"fk-not-valid-on-partitioned"), ("18", b"add-foreign-key-validating")):
        outcome = run(tmp_path, *EXPAND, "--server-version", version, "--schema", "schema.sql", "f.sql")
        assert rule in outcome.stdout, version


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((*EXPAND, "nowhere.sql"), "there is no 'nowhere.sql'"),
        ((*EXPAND, "latin.sql"), "latin.sql: line 2 is not UTF-8"),
        ((*EXPAND, "nul.sql"), "nul.sql: line 1 holds a NUL byte"),
        ((*EXPAND, "empty.sql"), "empty.sql holds no statement"),
        ((*EXPAND, "comment.sql"), "comment.sql holds no statement"),
        ((*EXPAND, "bare"), "the folder 'bare' holds no *.sql file"),
        ((*EXPAND, "--schema", "bare", "good.sql"), "'bare' is a folder"),
        ((*EXPAND, "--schema", "nowhere.sql", "good.sql"), "there is no 'nowhere.sql'"),
        ((*EXPAND, "--server-version", "new", "good.sql"), "'new' is no version"),
        (EXPAND, "there is no file to check"),
        (("--phase", "expand", "good.sql"), "nobody says which"),
        ((*EXPAND, "--dialect", "mysql", "good.sql"), "nobody says which"),
        (("--server-version", "15"), "--server-version is for files of SQL"),
        (("--phase", "data", "good.sql"), "'data' is not one of"),
        (("good.sql",), "good.sql is SQL, and nobody says in which phase"),
        (("-",), "standard input is SQL"),
    ],
)
def test_what_can_not_be_checked_exits_64_with_a_next_step(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    write(tmp_path, "good.sql", "SELECT 1")
    write(tmp_path, "latin.sql", b"SELECT 1;\nSELECT 'caf\xe9'")
    write(tmp_path, "nul.sql", b"SELECT\x00 1")
    write(tmp_path, "empty.sql", "")
    write(tmp_path, "comment.sql", "-- nothing\n/* at all */ ;;\n")
    (tmp_path / "bare").mkdir()
    outcome = run(tmp_path, *words)
    assert outcome.returncode == 64, outcome
    assert said in outcome.stderr.decode()
    assert b"next:" in outcome.stderr
    assert b"Traceback" not in outcome.stderr


def test_a_suppression_above_or_on_a_statement_holds_its_finding_back(tmp_path: Path) -> None:
    text = (
        '-- migrator: allow[drop-table] reason="nobody has used it since 2020"\n'
        "DROP TABLE a;\n"
        'DROP TABLE b; -- migrator: allow[drop-table] reason="the same"\n'
        "DROP TABLE c;\n"
    )
    write(tmp_path, "change.sql", text)
    outcome = run(tmp_path, *EXPAND, "--format", "json", "change.sql")
    document = json.loads(outcome.stdout)
    assert [(one["rule"], one["line"]) for one in document["findings"]] == [("drop-table", 4)]
    assert [one["line"] for one in document["suppressed"]] == [2, 3]


@pytest.mark.parametrize(
    ("comment", "rules"),
    [
        ("-- migrator: allow[drop-table]", ["drop-table", "suppression-without-reason"]),
        ('-- migrator: allow[drop-table] reason=""', ["drop-table", "suppression-without-reason"]),
        ('-- migrator: allow[drop-table] reason="x" expires=2001-01-01', ["drop-table", "suppression-without-reason"]),
        ('-- migrator: allow[drop-table] reason="x" expires=soon', ["drop-table", "suppression-without-reason"]),
        ('-- migrator: alow[drop-table] reason="x"', ["drop-table", "suppression-without-reason"]),
        ('-- migrator allow[drop-table] reason="x"', ["drop-table", "suppression-without-reason"]),
        ('-- Migrator: Allow [drop-table] reason="x"', ["drop-table", "suppression-without-reason"]),
        ("-- migrator: written by hand", ["drop-table"]),
        ("-- migrator: see [1] and [OPS-12]", ["drop-table"]),
        ("-- migrator needs [OPS-12]", ["drop-table"]),
        ('-- migrator: allow reason="x"', ["drop-table", "unused-suppression"]),
        ('-- migrator: allow[drop-view] reason="x"', ["drop-table", "unused-suppression"]),
        ('/* migrator: allow[drop-table, drop-view] reason="x" */', ["unused-suppression"]),
        ("SELECT '-- migrator: allow[drop-table] reason=x';", ["drop-table"]),
    ],
)
def test_a_suppression_that_says_too_little_is_a_finding(tmp_path: Path, comment: str, rules: list[str]) -> None:
    outcome = run(tmp_path, *EXPAND, "--format", "json", "-", stdin=f"{comment}\nDROP TABLE a;".encode())
    assert sorted(one["rule"] for one in json.loads(outcome.stdout)["findings"]) == rules


def test_a_misspelt_suppression_is_shown_as_it_has_to_be_written(tmp_path: Path) -> None:
    text = b'-- migrator: alow[drop-table] reason="x"\nDROP TABLE a;'
    said = run(tmp_path, *EXPAND, "-", stdin=text).stdout.decode()
    assert 'a comment that begins with "migrator: alow" is no suppression' in said
    assert 'write:  -- migrator: allow[drop-table] reason="..."  or take it out' in said


def test_what_nobody_can_read_is_allowed_in_the_words_of_a_file_of_sql(tmp_path: Path) -> None:
    write(tmp_path, "do.sql", "DO $$ BEGIN EXECUTE current_setting('shop.text'); END $$;\n")
    outcome = run(tmp_path, *EXPAND, "do.sql")
    assert outcome.returncode == 3
    assert b'-- migrator: allow[opaque-sql] reason="..."' in outcome.stdout
    assert b"with migrator.allow" not in outcome.stdout


def test_no_value_of_a_statement_is_shown(tmp_path: Path) -> None:
    outcome = run(tmp_path, *EXPAND, "-", stdin=b"UPDATE users SET name = 'canary-9' WHERE email = 'canary-8'")
    assert outcome.returncode == 3
    assert b"canary" not in outcome.stdout + outcome.stderr
