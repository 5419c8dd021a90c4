"""Statements of MySQL, MariaDB and SQLite one by one: each verdict is what the servers were measured to do."""

from __future__ import annotations

import pytest

from tests.unit.check.sql_history import errors_in, found_in, report, rules_in

BOTH = ("mysql", "mariadb")
CHECK, COMBINED, VOLATILE = "mysql-add-check", "mysql-combined-alter-loses-instant", "add-column-volatile-default"
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
    ("a place that is bound", "ALTER TABLE places MODIFY free point SRID 4326", "mysql-algorithm-copy", ("mysql",)),
    (
        "bound to another place",
        "ALTER TABLE places MODIFY `at` point NOT NULL SRID 0",
        "mysql-algorithm-copy",
        ("mysql",),
    ),
    ("the first key of rows", "ALTER TABLE bare ADD UNIQUE KEY (id)", "mysql-nullability-rebuild", BOTH),
    ("the first key by name", "CREATE UNIQUE INDEX i ON bare (id)", "mysql-nullability-rebuild", BOTH),
    ("beside a wider text", "ALTER TABLE users ADD x int, MODIFY name varchar(60)", COMBINED, ("mysql",)),
    ("each of several", "CREATE TABLE f (id int); OPTIMIZE TABLE f, users", "vacuum-full-or-cluster", BOTH),
    ("repaired", "REPAIR TABLE other", "vacuum-full-or-cluster", BOTH),
    (
        "an empty one in its place",
        "CREATE TABLE u LIKE users; RENAME TABLE users TO gone, u TO users",
        "rename-table",
        BOTH,
    ),
    (
        "an index in the way of keys",
        "SET foreign_key_checks = 0; DROP INDEX user_idx ON orders",
        "drop-index-old-queries",
        BOTH,
    ),
    (
        "a refusal in a body",
        "DELIMITER ;;\nCREATE TRIGGER t BEFORE INSERT ON users FOR EACH ROW BEGIN\n"
        "IF NEW.age < 0 THEN SIGNAL SQLSTATE '45000'; END IF; END ;;\nDELIMITER ;",
        "trigger-on-existing-table",
        BOTH,
    ),
    (
        "what stands behind a body",
        "DELIMITER $$\nCREATE PROCEDURE p() BEGIN IF 1 THEN SELECT 1; END IF; END$$\nDELIMITER ;\nDROP TABLE users",
        "drop-table",
        BOTH,
    ),
    ("of another engine", "ALTER TABLE other ADD COLUMN x int", "mysql-algorithm-copy", BOTH),
    ("an index of another engine", "CREATE INDEX i ON other (id)", "mysql-algorithm-copy", BOTH),
    (
        "a virtual column beside a default",
        "ALTER TABLE users ADD x int AS (age) VIRTUAL, ALTER age SET DEFAULT 5",
        COMBINED,
        ("mariadb",),
    ),
    ("tables", "DROP TABLES users", "drop-table", BOTH),
    ("a sequence anew", "CREATE OR REPLACE SEQUENCE s START 1", "sequence-starts-over", ("mariadb",)),
    ("a sequence from its start", "ALTER SEQUENCE s RESTART", "sequence-starts-over", ("mariadb",)),
    ("a partition as a table", "ALTER TABLE parts CONVERT PARTITION p0 TO TABLE t", "drop-partition", ("mariadb",)),
    ("another number a row", "ALTER TABLE users ADD x int DEFAULT (NEXT VALUE FOR s)", VOLATILE, ("mariadb",)),
    (
        "a check if there is none",
        "ALTER TABLE users ADD CONSTRAINT IF NOT EXISTS c CHECK (age > 1)",
        CHECK,
        ("mariadb",),
    ),
    ("copies by default", "SET old_alter_table = 1", "opaque-sql", BOTH),
    ("other words", "SET SESSION sql_mode = 'ANSI_QUOTES,STRICT_ALL_TABLES'", "opaque-sql", BOTH),
    ("no replica hears of it", "SET sql_log_bin = 0", "opaque-sql", BOTH),
    ("for everybody", "SET GLOBAL time_zone = '+00:00'", "opaque-sql", BOTH),
    ("what a prepared text does", "PREPARE s FROM 'DROP TABLE users'; EXECUTE s", "drop-table", BOTH),
    ("a text in a variable", "SET @q = 'DROP TABLE users'; PREPARE s FROM @q; EXECUTE s", "drop-table", BOTH),
    (
        "one of two texts",
        "SET @q = IF((SELECT count(*) FROM information_schema.tables) > 3, 'SELECT 1', 'DROP TABLE users');"
        " PREPARE s FROM @q; EXECUTE s",
        "drop-table",
        BOTH,
    ),
    (
        "one of two texts that a query chooses",
        "SET @q = (SELECT IF(count(*) = 0, 'DROP TABLE users', 'DO 0') FROM information_schema.tables WHERE 1 = 1);"
        " PREPARE s FROM @q; EXECUTE s",
        "drop-table",
        BOTH,
    ),
    (
        "two choices put together",
        "SET @q = IF(1, 'DROP', 'SELECT 1') || IF(2, ' TABLE users', 'SELECT 2'); PREPARE s FROM @q; EXECUTE s",
        "opaque-sql",
        BOTH,
    ),
    ("a text with quotes", "EXECUTE IMMEDIATE 'UPDATE users SET note = ''x'' '", "unbatched-backfill", ("mariadb",)),
    ("a text that is put together", "EXECUTE IMMEDIATE CONCAT('DROP TABLE ', 'users')", "opaque-sql", ("mariadb",)),
    ("a variable set meanwhile", "SET @q = 'SELECT 1'; DO f(); PREPARE s FROM @q; EXECUTE s", "opaque-sql", BOTH),
    ("another text", "PREPARE s FROM 'SELECT 1'; PREPARE s FROM @q; EXECUTE s", "opaque-sql", BOTH),
    ("prepared elsewhere", "EXECUTE s", "opaque-sql", BOTH),
    ("a setting for one", "SET STATEMENT lock_wait_timeout=1 FOR DROP TABLE users", "drop-table", ("mariadb",)),
    (
        "some rows each day",
        "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO DELETE FROM users WHERE age > 9",
        "opaque-sql",
        BOTH,
    ),
    ("an event that may do anything", "ALTER EVENT e ON SCHEDULE EVERY 1 DAY DO CALL p()", "opaque-sql", BOTH),
    ("a routine if it is there", "DROP FUNCTION IF EXISTS kept", "drop-routine", BOTH),
    ("moved past a virtual column", "ALTER TABLE sums MODIFY a int AFTER total", "mysql-algorithm-copy", ("mariadb",)),
    (
        "another expression",
        "ALTER TABLE twin MODIFY total int GENERATED ALWAYS AS (a * 3) VIRTUAL",
        "mysql-algorithm-copy",
        ("mysql",),
    ),
    ("JSON no more", "ALTER TABLE papers MODIFY extra longtext", "mysql-algorithm-copy", ("mariadb",)),
    ("JSON from now on", "ALTER TABLE papers MODIFY plain json", "mysql-algorithm-copy", ("mariadb",)),
    (
        "stored under an old word",
        "ALTER TABLE users ADD x int AS (age) PERSISTENT",
        "add-stored-generated-column",
        ("mariadb",),
    ),
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
    ("a place", "ALTER TABLE places ADD COLUMN p point SRID 4326", ("mysql",)),
    ("a shape", "ALTER TABLE places ADD COLUMN p polygon COMMENT 'SRID 5'", BOTH),
    ("places", "CREATE TABLE p (id int PRIMARY KEY, at point NOT NULL SRID 4326, SPATIAL INDEX (at))", ("mysql",)),
    ("the same place", "ALTER TABLE places MODIFY `at` point NOT NULL SRID 4326", ("mysql",)),
    ("any place", "ALTER TABLE places MODIFY `at` point NOT NULL", ("mysql",)),
    ("a column named like a type", "ALTER TABLE users ADD COLUMN point int", BOTH),
    ("history", "CREATE TABLE h (id int PRIMARY KEY, a int) WITH SYSTEM VERSIONING", ("mariadb",)),
    (
        "history in words",
        "CREATE TABLE h (id int, b timestamp(6) GENERATED ALWAYS AS ROW START,"
        " e timestamp(6) GENERATED ALWAYS AS ROW END, PERIOD FOR SYSTEM_TIME (b, e), PRIMARY KEY (id, e))"
        " WITH SYSTEM VERSIONING PARTITION BY SYSTEM_TIME (PARTITION p0 HISTORY, PARTITION pc CURRENT)",
        ("mariadb",),
    ),
    (
        "a period",
        "CREATE TABLE r (id int, b date, e date, PERIOD FOR p(b, e), UNIQUE (id, p WITHOUT OVERLAPS))",
        ("mariadb",),
    ),
    ("numbers of a sequence", "CREATE TABLE t (id bigint DEFAULT NEXT VALUE FOR s PRIMARY KEY)", ("mariadb",)),
    ("an address", "ALTER TABLE users ADD COLUMN ip inet6", ("mariadb",)),
    ("old names of types", "ALTER TABLE users ADD x long varchar, ADD y national varchar(10)", BOTH),
    ("a sequence goes on", "ALTER SEQUENCE s RESTART WITH 5000 CACHE 100", ("mariadb",)),
    ("the next number", "SELECT NEXT VALUE FOR s", ("mariadb",)),
    ("beside the same type", "ALTER TABLE users ADD x int, MODIFY name varchar(50) COMMENT 'x'", BOTH),
    (
        "beside a value at the end",
        "ALTER TABLE users ADD x int, MODIFY kind enum('a','b','c') NOT NULL DEFAULT 'a'",
        BOTH,
    ),
    ("nothing to repair", "REPAIR TABLE users, orders QUICK", BOTH),
    ("no partition to repair", "ALTER TABLE parts REPAIR PARTITION p0", BOTH),
    ("words about another engine", "ALTER TABLE other COMMENT 'x'", BOTH),
    ("two virtual columns", "ALTER TABLE users ADD x int AS (age) VIRTUAL, ADD y int AS (age) VIRTUAL", BOTH),
    ("no table to alter", "ALTER TABLE IF EXISTS nothing ADD COLUMN x int NOT NULL", ("mariadb",)),
    ("nothing replaced", "CREATE OR REPLACE TABLE nothing (id int)", ("mariadb",)),
    (
        "a body",
        "DELIMITER ;;\nCREATE DEFINER=`a`@`b` TRIGGER t AFTER DELETE ON users FOR EACH ROW BEGIN\n-- it's; all\n"
        "CASE OLD.age WHEN 1 THEN SET @n = 1; ELSE BEGIN END; END CASE; END ;;\nDELIMITER ;",
        BOTH,
    ),
    (
        "a body without BEGIN",
        "DELIMITER $$\nCREATE TRIGGER IF NOT EXISTS t BEFORE INSERT ON users FOR EACH ROW"
        " IF NEW.age IS NULL THEN SET NEW.age = 1; END IF$$\nDELIMITER ;",
        BOTH,
    ),
    (
        "a procedure's body",
        "DELIMITER //\nCREATE PROCEDURE p() BEGIN DECLARE i int DEFAULT 0; WHILE i < 3 DO UPDATE users SET age = i;"
        " SET i = i + 1; END WHILE; END //\nDELIMITER ;",
        BOTH,
    ),
    ("a time zone", "SET time_zone = '+00:00'; SET @@session.time_zone = 'SYSTEM', SESSION sql_notes = 0", BOTH),
    ("a stricter mode", "SET sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE'", BOTH),
    ("nobody waits for a copy", "SET SESSION alter_algorithm = 'INSTANT'", ("mariadb",)),
    (
        "keys for new tables",
        "SET foreign_key_checks = 0; CREATE TABLE t (id int PRIMARY KEY); SET foreign_key_checks = 1",
        BOTH,
    ),
    (
        "what a dump sets",
        "/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;"
        "/*!40014 SET @OLD_UNIQUE_CHECKS=@@UNIQUE_CHECKS, UNIQUE_CHECKS=0 */;"
        "/*!40103 SET TIME_ZONE='+00:00' */; CREATE TABLE t (id int); /*!40101 SET SQL_MODE=@OLD_SQL_MODE */",
        BOTH,
    ),
    ("a value kept", "SELECT max(age), 2 INTO @x, @y FROM users", BOTH),
    ("a lock by name", "SELECT GET_LOCK('migrations', 10), CONNECTION_ID()", BOTH),
    ("characters of new tables", "ALTER DATABASE shop DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", BOTH),
    ("a new database", "CREATE DATABASE IF NOT EXISTS archive CHARACTER SET utf8mb4", BOTH),
    ("prepared", 'PREPARE s FROM "ALTER TABLE users ADD x int"; EXECUTE s; DEALLOCATE PREPARE s', BOTH),
    ("at once", "EXECUTE IMMEDIATE 'CREATE TABLE t (id int PRIMARY KEY)'", ("mariadb",)),
    ("a setting for one", "SET STATEMENT lock_wait_timeout=1 FOR ALTER TABLE users ADD x int", ("mariadb",)),
    ("a query each day", "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO SELECT 1", BOTH),
    ("no more events", "ALTER EVENT e DISABLE; DROP EVENT IF EXISTS e", BOTH),
    ("a role", "SET ROLE NONE", BOTH),
    ("moved beside a new one", "ALTER TABLE orders ADD x int, MODIFY qty int AFTER x", BOTH),
    ("the same expression", "ALTER TABLE sums MODIFY total int AS (`a`*2) VIRTUAL COMMENT 'x'", BOTH),
    ("the same JSON", "ALTER TABLE papers MODIFY extra json COMMENT 'x'", BOTH),
    (
        "a column unless it is there",
        "SET @q = (SELECT IF(count(*) = 0, 'ALTER TABLE users ADD x int', 'SELECT 1') FROM information_schema.columns"
        " WHERE table_name = 'users' AND column_name = 'x'); PREPARE s FROM @q; EXECUTE s; DEALLOCATE PREPARE s",
        BOTH,
    ),
    ("no longer prepared", "DEALLOCATE PREPARE s; FLUSH PRIVILEGES", BOTH),
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


def test_keys_that_nobody_looks_at_are_a_doubt() -> None:
    found = report("SET foreign_key_checks = 0", "mysql")
    assert [one.rule for one in found.findings] == ["opaque-sql"]
    assert found.errors == ()


def test_a_table_that_may_be_repaired_is_found_with_its_condition() -> None:
    (found,) = report("REPAIR TABLE anything", "mysql", schema=None).errors
    assert "engine" in found.condition


def test_rows_that_are_copied_under_locks_are_found_with_the_isolation() -> None:
    assert "isolation" in found_in("mysql-locking-read", "CREATE TABLE t AS SELECT * FROM users", "mysql").condition


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
        "CREATE TABLE t (a TEXT, PRIMARY KEY (a)) WITHOUT ROWID, STRICT",
        "CREATE VIRTUAL TABLE IF NOT EXISTS found USING fts5(name, content='users', content_rowid='id')",
        "CREATE TEMP TABLE mine (id INTEGER); DROP TABLE temp.mine",
        "PRAGMA foreign_keys = ON; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -2000; PRAGMA main.user_version",
        "PRAGMA database_list; PRAGMA optimize(0x10002); PRAGMA wal_checkpoint(TRUNCATE)",
        "SELECT json('{}'), changes(), printf('%d', 1), iif(1, 2, 3)",
    ],
)
def test_what_sqlite_does_to_nobody_passes(text: str) -> None:
    assert errors_in(text, "sqlite") == []


@pytest.mark.parametrize(
    "text",
    [
        "PRAGMA writable_schema = 1",
        "PRAGMA foreign_keys = OFF",
        "PRAGMA synchronous = OFF",
        "PRAGMA legacy_alter_table = ON",
    ],
)
def test_what_is_not_known_of_sqlite_is_an_error(text: str) -> None:
    assert errors_in(text, "sqlite") == ["opaque-sql"]


def test_a_strict_table_of_sqlite_may_hold_any_type() -> None:
    assert errors_in("CREATE TABLE t (id INTEGER PRIMARY KEY, x ANY NOT NULL, y ANY) STRICT", "sqlite") == []
