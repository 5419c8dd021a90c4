"""Statements of MySQL, MariaDB and SQLite one by one: each verdict is what the servers were measured to do."""

from __future__ import annotations

import pytest

from tests.unit.check.sql_history import errors_in, rules_in

BOTH = ("mysql", "mariadb")
BAD = (
    ("before a virtual column", "ALTER TABLE sums ADD COLUMN x int AS (a) VIRTUAL FIRST", "mysql-algorithm-copy", BOTH),
    ("any before a virtual column", "ALTER TABLE sums ADD COLUMN x int AFTER id", "mysql-algorithm-copy", ("mariadb",)),
    ("beside an index", "ALTER TABLE keyed ADD COLUMN x int", "mysql-lock-shared-or-exclusive", ("mariadb",)),
    ("INPLACE alone", "ALTER TABLE keyed ADD x int, ALGORITHM=INPLACE", "mysql-lock-shared-or-exclusive", ("mariadb",)),
    ("gone beside an index", "ALTER TABLE keyed DROP COLUMN a", "mysql-lock-shared-or-exclusive", ("mariadb",)),
    ("the key of the rows", "ALTER TABLE loose DROP INDEX loose_id", "add-primary-key-builds-index", BOTH),
    ("the key of the rows by name", "DROP INDEX loose_id ON loose", "add-primary-key-builds-index", BOTH),
    ("numbers from now on", "ALTER TABLE orders MODIFY id int NOT NULL AUTO_INCREMENT", "mysql-algorithm-copy", BOTH),
    ("with zeros", "ALTER TABLE users MODIFY score int ZEROFILL", "mysql-algorithm-copy", BOTH),
    ("INPLACE on MySQL", "ALTER TABLE users ADD x int, ALGORITHM=INPLACE", "mysql-nullability-rebuild", ("mysql",)),
    (
        "a full text INPLACE",
        "ALTER TABLE users ADD FULLTEXT f (note), ALGORITHM=INPLACE",
        "mysql-add-fulltext-or-spatial",
        BOTH,
    ),
    ("several at once", "ALTER TABLE users ADD COLUMN (x int, y int NOT NULL)", "add-column-not-null-no-default", BOTH),
    ("a key among several", "ALTER TABLE users ADD (x int, UNIQUE (x))", "mysql-nullability-rebuild", BOTH),
    ("the implicit NULL", "ALTER TABLE users ALTER score DROP DEFAULT", "drop-default", ("mysql",)),
    ("a value of another column", "ALTER TABLE users ADD x int DEFAULT (age + 1)", "add-column-volatile-default", BOTH),
    ("what MATCH needs", "DROP INDEX ft ON docs", "drop-index-old-queries", BOTH),
    (
        "a trigger that refuses",
        "CREATE TRIGGER t BEFORE INSERT ON users FOR EACH ROW SIGNAL SQLSTATE '45000'",
        "trigger-on-existing-table",
        BOTH,
    ),
    ("a view with less", "CREATE OR REPLACE VIEW grown AS SELECT id FROM users", "drop-view", BOTH),
    (
        "an altered view",
        "ALTER SQL SECURITY INVOKER VIEW grown (id, title) AS SELECT id, name FROM users",
        "drop-view",
        BOTH,
    ),
    ("another shape", "RENAME TABLE users TO gone, orders TO users", "rename-table", BOTH),
    ("code that is kept", "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO DELETE FROM users", "opaque-sql", BOTH),
    ("what is explained runs", "EXPLAIN ANALYZE DELETE FROM users", "opaque-sql", BOTH),
    ("a value asked for", "SET @x = (SELECT 1)", "opaque-sql", BOTH),
)
HARMLESS = (
    ("behind a virtual column", "ALTER TABLE sums ADD COLUMN x int AFTER total", BOTH),
    ("before it, on MySQL", "ALTER TABLE sums ADD COLUMN x int FIRST", ("mysql",)),
    ("a virtual one more", "ALTER TABLE keyed ADD COLUMN x int AS (a) VIRTUAL", BOTH),
    ("no lock", "ALTER TABLE users ADD COLUMN x int, LOCK=NONE", BOTH),
    ("at most INPLACE", "ALTER TABLE users ADD COLUMN x int, ALGORITHM=INPLACE, LOCK=NONE", ("mariadb",)),
    ("numbers as before", "ALTER TABLE users MODIFY id int NOT NULL AUTO_INCREMENT", BOTH),
    ("several columns", "ALTER TABLE users ADD (x int, y varchar(10) NOT NULL DEFAULT 'x')", BOTH),
    ("several in words", "ALTER TABLE users ADD COLUMN (x int COMMENT 'a, (b)')", BOTH),
    ("not enforced", "ALTER TABLE users ADD COLUMN x int CHECK (x > (1 + 1)) NOT ENFORCED", ("mysql",)),
    ("an enum takes its first value", "ALTER TABLE users ADD COLUMN x enum('a','b') NOT NULL", BOTH),
    ("another word for int", "ALTER TABLE users MODIFY score integer", BOTH),
    ("if it is there", "ALTER TABLE users MODIFY COLUMN IF EXISTS score int", ("mariadb",)),
    ("no option at once", "ALTER TABLE users COMPRESSION='zlib'", ("mysql",)),
    ("a view in full", "CREATE ALGORITHM=MERGE DEFINER=CURRENT_USER SQL SECURITY INVOKER VIEW v AS SELECT 1", BOTH),
    ("a view that checks", "CREATE VIEW v AS SELECT id FROM users WITH CHECK OPTION", BOTH),
    ("a view with more", "CREATE OR REPLACE VIEW grown AS SELECT id, name, age FROM users", BOTH),
    ("an altered view with more", "ALTER VIEW grown AS SELECT u.*, 1 AS one FROM users u", BOTH),
    ("a view renamed inside", "CREATE OR REPLACE VIEW grown (name, id) AS SELECT email, id FROM users", BOTH),
    ("a new function", "CREATE FUNCTION f() RETURNS int DETERMINISTIC RETURN 1", BOTH),
    ("a new procedure", "CREATE DEFINER=`a`@`b` PROCEDURE p() SELECT 1", BOTH),
    ("explained", "EXPLAIN UPDATE users SET age = 1", BOTH),
    ("explained and run", "EXPLAIN ANALYZE SELECT * FROM users", BOTH),
    ("described", "DESC users age", BOTH),
    ("a variable", "SET @x = 1, @y := 'a'", BOTH),
    ("characters", "SET CHARACTER SET utf8mb4", BOTH),
    ("isolation", "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED", BOTH),
    ("unlocked", "UNLOCK TABLES", BOTH),
)


@pytest.mark.parametrize(
    ("text", "rule", "dialect"),
    [pytest.param(text, rule, one, id=f"{name} ({one})") for name, text, rule, only in BAD for one in only],
)
def test_what_harms_is_an_error(text: str, rule: str, dialect: str) -> None:
    assert rule in errors_in(text, dialect)


@pytest.mark.parametrize(
    ("text", "dialect"),
    [pytest.param(text, one, id=f"{name} ({one})") for name, text, only in HARMLESS for one in only],
)
def test_what_harms_nobody_passes(text: str, dialect: str) -> None:
    assert errors_in(text, dialect) == []


def test_an_implicit_null_goes_on_mysql_alone() -> None:
    assert errors_in("ALTER TABLE users ALTER score DROP DEFAULT", "mariadb") == []


def test_a_unique_key_said_of_a_column_is_one() -> None:
    assert "add-unique-old-writers" in rules_in("ALTER TABLE users MODIFY score int UNIQUE", "mysql")


def test_tables_of_one_shape_may_change_places() -> None:
    assert errors_in("RENAME TABLE sums TO gone, twin TO sums", "mysql") == []


@pytest.mark.parametrize(
    "text",
    [
        "CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT) STRICT",
        "CREATE TABLE t (id INTEGER PRIMARY KEY) WITHOUT ROWID",
        "EXPLAIN QUERY PLAN SELECT * FROM users",
        "PRAGMA busy_timeout = 500",
        "PRAGMA optimize",
    ],
)
def test_what_sqlite_does_to_nobody_passes(text: str) -> None:
    assert errors_in(text, "sqlite") == []


@pytest.mark.parametrize("text", ["PRAGMA writable_schema = 1", "PRAGMA foreign_keys = OFF"])
def test_what_is_not_known_of_sqlite_is_an_error(text: str) -> None:
    assert errors_in(text, "sqlite") == ["opaque-sql"]
