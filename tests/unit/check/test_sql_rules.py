"""Each rule over files of SQL: what it finds and what it lets pass."""

from __future__ import annotations

import pytest

from migrator.model.phase import Phase
from tests.unit.check import (
    cases_sql_locks,
    cases_sql_meaning,
    cases_sql_more,
    cases_sql_mysql,
    cases_sql_postgresql,
    cases_sql_sweep,
    cases_sql_transactions,
)
from tests.unit.check.sql_history import errors_in, found_in, merged, report, rules_in

CASES = merged(
    cases_sql_postgresql.CASES,
    cases_sql_mysql.CASES,
    cases_sql_meaning.CASES,
    cases_sql_transactions.CASES,
    cases_sql_more.CASES,
    cases_sql_locks.CASES,
    cases_sql_sweep.CASES,
)


def every(kind: str) -> list[object]:
    """(rule, text, dialect, phase) of each case."""
    return [
        pytest.param(rule, text, cases.dialect, cases.phase, id=f"{rule}-{number}")
        for rule, cases in CASES.items()
        for number, text in enumerate(getattr(cases, kind), 1)
    ]


@pytest.mark.parametrize(("rule", "text", "dialect", "phase"), every("found"))
def test_a_rule_finds_what_it_is_for(rule: str, text: str, dialect: str, phase: Phase) -> None:
    found = found_in(rule, text, dialect, phase=phase)
    assert found.file == "change.sql"
    assert found.line > 0
    assert found.remedy
    assert found.source


@pytest.mark.parametrize(("rule", "text", "dialect", "phase"), every("clean"))
def test_a_rule_lets_the_rest_pass(rule: str, text: str, dialect: str, phase: Phase) -> None:
    assert rule not in rules_in(text, dialect, phase=phase)
    assert "opaque-sql" not in rules_in(text, dialect, phase=phase)


@pytest.mark.parametrize(("rule", "texts"), cases_sql_mysql.MORE.items())
@pytest.mark.parametrize("dialect", ["mysql", "mariadb"])
def test_the_rule_knows_mysql_and_mariadb_too(rule: str, texts: tuple[str, str], dialect: str) -> None:
    assert rule in rules_in(texts[0], dialect)
    assert rule not in rules_in(texts[1], dialect)


@pytest.mark.parametrize(
    "text",
    [
        "ALTER TABLE users ADD COLUMN x int",
        "CREATE TABLE t (id int PRIMARY KEY, user_id int REFERENCES users (id)); CREATE INDEX i ON t (user_id)",
        "CREATE INDEX CONCURRENTLY i ON users (name)",
        "ALTER TABLE users ALTER COLUMN name TYPE varchar(200)",
        "ALTER TABLE users ALTER COLUMN note DROP DEFAULT",
        "DROP TABLE IF EXISTS nothing; DROP INDEX IF EXISTS nothing",
        "ALTER TABLE users ADD COLUMN IF NOT EXISTS name text NOT NULL",
        "COMMENT ON TABLE users IS 'x'; ANALYZE users",
        "CREATE VIEW v AS SELECT 1; CREATE PUBLICATION p FOR TABLE users",
        "DO $$ BEGIN CREATE TYPE x AS ENUM ('a'); EXCEPTION WHEN duplicate_object THEN NULL; END $$",
        "\\echo hello\nSELECT 1",
        "SELECT nextval('numbers'); SELECT pg_notify('a', 'b'); SELECT pg_advisory_xact_lock(5); EXPLAIN SELECT 1",
        "SET search_path = public; SET client_encoding = 'UTF8'; SET standard_conforming_strings = on",
        "SET CONSTRAINTS ALL DEFERRED; ALTER VIEW active ALTER COLUMN id SET DEFAULT 5; ALTER STATISTICS s RENAME TO t",
        "INSERT INTO orders (id) VALUES (1); UPDATE orders SET qty = 1 WHERE id = 1; VACUUM (FULL false) users",
        "ALTER TABLE users ALTER COLUMN proven SET NOT NULL",
        "LOCK TABLE users IN ROW EXCLUSIVE MODE; NOTIFY x; ALTER INDEX users_title_idx SET (fillfactor = 80)",
    ],
)
def test_what_harms_nobody_passes_on_postgresql(text: str) -> None:
    assert report(text).findings == ()


@pytest.mark.parametrize(
    "text",
    [
        "ALTER TABLE users ADD COLUMN x int NOT NULL DEFAULT 5",
        "ALTER TABLE users ADD COLUMN x json INVISIBLE",
        "ALTER TABLE users MODIFY COLUMN age int NOT NULL DEFAULT 5",
        "ALTER TABLE users ADD INDEX i (name)",
        "ALTER TABLE users ALTER INDEX email INVISIBLE",
        "ALTER TABLE users STATS_PERSISTENT=1",
        "DROP TABLE IF EXISTS nothing; ALTER TABLE users ALTER COLUMN age SET INVISIBLE",
        "GRANT SELECT ON shop.* TO 'app'@'%'; CREATE TABLE copied LIKE users",
        "/*!40101 SET NAMES utf8mb4 */; ANALYZE TABLE users",
        "DELIMITER ;;\nCREATE VIEW v AS SELECT 1 ;;\nDELIMITER ;\nCREATE TABLE t (id int PRIMARY KEY)",
    ],
)
@pytest.mark.parametrize("dialect", ["mysql", "mariadb"])
def test_what_harms_nobody_passes_on_mysql_and_mariadb(text: str, dialect: str) -> None:
    assert report(text, dialect).findings == ()


def test_a_column_in_another_place_is_free_on_mariadb_and_a_rebuild_on_mysql() -> None:
    text = "ALTER TABLE users MODIFY COLUMN score int AFTER id"
    assert errors_in(text, "mariadb") == []
    assert errors_in(text, "mysql") == ["mysql-nullability-rebuild"]


def test_a_column_beside_a_virtual_one_is_a_copy_on_mariadb_alone() -> None:
    text = "ALTER TABLE users ADD COLUMN x int, ADD COLUMN y int AS (age * 2) VIRTUAL"
    assert errors_in(text, "mariadb") == ["mysql-combined-alter-loses-instant"]
    assert errors_in(text, "mysql") == []


def test_a_doubt_is_a_warning() -> None:
    for text in (
        "CREATE TRIGGER t BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION f()",
        "DROP TRIGGER t ON users",
        "ALTER TABLE users DROP CONSTRAINT users_code_check",
        "ALTER TABLE users DROP CONSTRAINT users_email_key",
        "ALTER TABLE orders ADD CONSTRAINT f FOREIGN KEY (qty) REFERENCES users (id) NOT VALID",
        "DROP VIEW active; CREATE VIEW active AS SELECT id, name FROM users",
        "CREATE UNIQUE INDEX CONCURRENTLY i ON logs_2026 (id); ALTER TABLE logs_2026 ADD PRIMARY KEY USING INDEX i",
        "CREATE UNIQUE INDEX CONCURRENTLY i ON users (name)",
    ):
        found = report(text)
        assert found.findings, text
        assert found.errors == (), text


def test_what_breaks_is_an_error() -> None:
    for rule, text in (
        ("drop-constraint", "ALTER TABLE orders DROP CONSTRAINT orders_user"),
        ("drop-primary-key", "ALTER TABLE users DROP CONSTRAINT users_pkey"),
        ("drop-view", "DROP VIEW active"),
        ("rename-table", "ALTER TABLE users SET SCHEMA other"),
        ("trigger-on-existing-table", "CREATE RULE r AS ON DELETE TO users DO INSTEAD NOTHING"),
        ("drop-default", "ALTER TABLE users ALTER COLUMN age DROP DEFAULT"),
        ("drop-table", "DO $$ BEGIN IF true THEN DROP TABLE users; END IF; END $$"),
        ("opaque-sql", "DO $$ BEGIN EXECUTE (SELECT max(name) FROM users); END $$"),
        ("create-index-not-concurrently", "CREATE INDEX i ON users (name)"),
    ):
        assert rule in errors_in(text), text
