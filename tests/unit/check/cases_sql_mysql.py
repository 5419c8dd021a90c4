"""Cases of the rules on the text of MySQL and MariaDB."""

from __future__ import annotations

from tests.unit.check.sql_history import SQLCases

NEW = "CREATE TABLE fresh (id int, name varchar(20));\n"

CASES = {
    "mysql-add-foreign-key": SQLCases(
        dialect="mysql",
        found=(
            "ALTER TABLE orders ADD CONSTRAINT f FOREIGN KEY (qty) REFERENCES users (id)",
            "ALTER TABLE orders ADD FOREIGN KEY (qty) REFERENCES users (id)",
            "ALTER TABLE orders ADD COLUMN other_id int REFERENCES users (id)",
            "ALTER TABLE orders ADD CONSTRAINT f FOREIGN KEY (qty) REFERENCES users (id) ON DELETE CASCADE",
            "ALTER TABLE orders ADD COLUMN x int, ADD FOREIGN KEY (x) REFERENCES users (id)",
        ),
        clean=(
            NEW + "ALTER TABLE fresh ADD FOREIGN KEY (id) REFERENCES users (id)",
            "ALTER TABLE orders ADD INDEX i (qty)",
            "CREATE TABLE other (id int, FOREIGN KEY (id) REFERENCES users (id))",
            "ALTER TABLE orders DROP FOREIGN KEY orders_user",
            "ALTER TABLE orders ADD COLUMN references_of int",
            "ALTER TABLE orders ADD FOREIGN KEY (qty) REFERENCES users (id), ALGORITHM=INPLACE, LOCK=NONE",
        ),
    ),
    "mysql-add-check": SQLCases(
        dialect="mysql",
        found=(
            "ALTER TABLE orders ADD CONSTRAINT c CHECK (qty > 0)",
            "ALTER TABLE orders ADD CHECK (qty > 0)",
            "ALTER TABLE orders ADD COLUMN rank int CHECK (rank > 0)",
            "ALTER TABLE users ALTER CHECK age_ck ENFORCED",
            "ALTER TABLE orders ADD CONSTRAINT CHECK (qty > 0)",
        ),
        clean=(
            "ALTER TABLE orders ADD CONSTRAINT c CHECK (qty > 0) NOT ENFORCED",
            NEW + "ALTER TABLE fresh ADD CHECK (id > 0)",
            "ALTER TABLE users DROP CHECK age_ck",
            "ALTER TABLE users ALTER CHECK age_ck NOT ENFORCED",
            "CREATE TABLE other (id int CHECK (id > 0))",
        ),
    ),
    "mysql-add-fulltext-or-spatial": SQLCases(
        dialect="mysql",
        found=(
            "ALTER TABLE users ADD FULLTEXT INDEX f (note)",
            "CREATE FULLTEXT INDEX f ON users (note)",
            "ALTER TABLE users ADD SPATIAL INDEX s (note)",
            "ALTER TABLE docs ADD FULLTEXT INDEX second (body)",
            "ALTER TABLE users ADD FULLTEXT INDEX f (note), ALGORITHM=INPLACE",
        ),
        clean=(
            "ALTER TABLE users ADD INDEX i (name)",
            NEW + "ALTER TABLE fresh ADD FULLTEXT INDEX f (name)",
            "CREATE TABLE d (id int PRIMARY KEY, body text, FULLTEXT KEY (body))",
            "ALTER TABLE docs DROP INDEX ft",
            "ALTER TABLE users ADD INDEX fulltext_of (name)",
        ),
    ),
    "mysql-lock-shared-or-exclusive": SQLCases(
        dialect="mysql",
        found=(
            "ALTER TABLE users ADD INDEX i ((lower(name)))",
            "ALTER TABLE users ADD INDEX i (name), LOCK=SHARED",
            "CREATE INDEX i ON users (name) LOCK=EXCLUSIVE",
            "ALTER TABLE users ADD COLUMN x int, LOCK=EXCLUSIVE",
            "CREATE INDEX i ON users (name) ALGORITHM=INPLACE LOCK=SHARED",
        ),
        clean=(
            "ALTER TABLE users ADD INDEX i (name)",
            "ALTER TABLE users ADD INDEX i (name), ALGORITHM=INPLACE, LOCK=NONE",
            NEW + "ALTER TABLE fresh ADD INDEX i ((lower(name)))",
            "ALTER TABLE users ADD COLUMN x int, LOCK=NONE",
            "ALTER TABLE users COMMENT='LOCK=SHARED'",
        ),
    ),
    "mysql-change-engine": SQLCases(
        dialect="mysql",
        found=(
            "ALTER TABLE users ENGINE=MyISAM",
            "ALTER TABLE users ENGINE = InnoDB",
            "ALTER TABLE orders ENGINE=Aria",
            "ALTER TABLE users ENGINE=MEMORY",
            "ALTER TABLE users ENGINE=MyISAM, ALGORITHM=INSTANT",
        ),
        clean=(
            NEW + "ALTER TABLE fresh ENGINE=MyISAM",
            "CREATE TABLE m (id int) ENGINE=MyISAM",
            "ALTER TABLE users COMMENT='x'",
            "ALTER TABLE users STATS_PERSISTENT=1",
            "ALTER TABLE users ADD COLUMN engine int",
        ),
    ),
    "mysql-partition-table": SQLCases(
        dialect="mysql",
        found=(
            "ALTER TABLE users PARTITION BY HASH (id) PARTITIONS 4",
            "ALTER TABLE parts REMOVE PARTITIONING",
            "ALTER TABLE parts REORGANIZE PARTITION p1 INTO (PARTITION p1 VALUES LESS THAN (150))",
            "ALTER TABLE parts REBUILD PARTITION p0",
            "ALTER TABLE users PARTITION BY KEY (id) PARTITIONS 2",
        ),
        clean=(
            "ALTER TABLE parts ADD PARTITION (PARTITION p2 VALUES LESS THAN (300))",
            NEW + "ALTER TABLE fresh PARTITION BY HASH (id) PARTITIONS 4",
            "CREATE TABLE p (id int PRIMARY KEY) PARTITION BY HASH (id) PARTITIONS 4",
            "ALTER TABLE parts ANALYZE PARTITION p0",
            "ALTER TABLE parts TRUNCATE PARTITION p0",
        ),
    ),
    "mysql-convert-charset": SQLCases(
        dialect="mysql",
        found=(
            "ALTER TABLE users CONVERT TO CHARACTER SET utf8mb4",
            "ALTER TABLE orders CONVERT TO CHARACTER SET utf8mb4; ALTER TABLE users CONVERT TO CHARSET latin1",
            "ALTER TABLE three CONVERT TO CHARACTER SET latin1",
            "ALTER TABLE docs CONVERT TO CHARACTER SET latin1",
            "ALTER TABLE users CONVERT TO CHARSET utf8mb4 COLLATE utf8mb4_bin",
        ),
        clean=(
            "ALTER TABLE three CONVERT TO CHARACTER SET utf8mb4",
            "ALTER TABLE users DEFAULT CHARACTER SET utf8mb4",
            NEW + "ALTER TABLE fresh CONVERT TO CHARACTER SET latin1",
            "ALTER TABLE users COLLATE utf8mb4_bin",
            "ALTER TABLE loose CONVERT TO CHARACTER SET latin1",
        ),
    ),
    "mysql-require-algorithm-lock": SQLCases(
        dialect="mysql",
        found=(
            "ALTER TABLE users ORDER BY name",
            "ALTER TABLE users ORDER BY name, email",
            "ALTER TABLE users DISCARD TABLESPACE",
            "ALTER TABLE users IMPORT TABLESPACE",
            "ALTER TABLE parts DISCARD PARTITION p0 TABLESPACE",
        ),
        clean=(
            "ALTER TABLE users COMMENT='ORDER BY name'",
            NEW + "ALTER TABLE fresh ORDER BY id",
            "SELECT 1 ORDER BY 1",
            "ALTER TABLE users ADD COLUMN order_by int",
            "ALTER TABLE users ADD INDEX i (name DESC)",
        ),
    ),
    "mysql-algorithm-copy": SQLCases(
        dialect="mysql",
        found=(
            "ALTER TABLE users MODIFY COLUMN score bigint",
            "ALTER TABLE users MODIFY COLUMN name varchar(64)",
            "ALTER TABLE users MODIFY COLUMN kind enum('b','a') NOT NULL DEFAULT 'a'",
            "ALTER TABLE users MODIFY COLUMN old varchar(50) CHARACTER SET utf8mb4",
            "ALTER TABLE users MODIFY COLUMN small text",
            "ALTER TABLE docs ADD COLUMN x int",
            "ALTER TABLE users ADD COLUMN x int, ALGORITHM=COPY",
        ),
        clean=(
            "ALTER TABLE users MODIFY COLUMN name varchar(63)",
            "ALTER TABLE users MODIFY COLUMN kind enum('a','b','c') NOT NULL DEFAULT 'a'",
            "ALTER TABLE users MODIFY COLUMN three varchar(50) CHARACTER SET utf8mb4",
            "ALTER TABLE users MODIFY COLUMN score int(11)",
            NEW + "ALTER TABLE fresh MODIFY COLUMN id bigint",
        ),
    ),
    "mysql-combined-alter-loses-instant": SQLCases(
        dialect="mysql",
        found=(
            "ALTER TABLE users ADD COLUMN x int, ADD INDEX i (x)",
            "ALTER TABLE users ADD COLUMN x int, RENAME INDEX email TO email_2",
            "ALTER TABLE users ADD COLUMN x int, COMMENT='x'",
            "ALTER TABLE users ADD COLUMN x int AS (age * 2) VIRTUAL, ADD INDEX i (x)",
            "ALTER TABLE users ADD COLUMN x int, AUTO_INCREMENT=7",
        ),
        clean=(
            "ALTER TABLE users ADD COLUMN x int, ADD COLUMN y int",
            "ALTER TABLE users ADD COLUMN x int; ALTER TABLE users ADD INDEX i (x)",
            NEW + "ALTER TABLE fresh ADD COLUMN x int, ADD INDEX i (x)",
            "ALTER TABLE users ADD COLUMN x int, ALTER age SET DEFAULT 3",
            "ALTER TABLE users ADD INDEX i (name), ADD INDEX j (age)",
        ),
    ),
    "mariadb-replace-routine": SQLCases(
        dialect="mariadb",
        found=(
            "CREATE OR REPLACE FUNCTION kept() RETURNS int DETERMINISTIC RETURN 2",
            "CREATE OR REPLACE FUNCTION `kept`(a int) RETURNS int DETERMINISTIC RETURN a",
            "create or replace function kept(a int, b int) returns int return a + b",
            "DELIMITER //\nCREATE OR REPLACE FUNCTION kept() RETURNS int BEGIN RETURN 3; END//\nDELIMITER ;",
            "CREATE OR REPLACE DEFINER=`a`@`%` FUNCTION kept() RETURNS int DETERMINISTIC RETURN 4",
        ),
        clean=(
            "CREATE FUNCTION kept_2() RETURNS int DETERMINISTIC RETURN 2",
            "CREATE OR REPLACE FUNCTION nothing() RETURNS int DETERMINISTIC RETURN 2",
            "CREATE FUNCTION f() RETURNS int RETURN 1; CREATE OR REPLACE FUNCTION f() RETURNS int RETURN 2",
            "CREATE FUNCTION IF NOT EXISTS kept() RETURNS int DETERMINISTIC RETURN 2",
            "CREATE OR REPLACE PROCEDURE p() SELECT 1",
        ),
    ),
    "mysql-locking-read": SQLCases(
        dialect="mysql",
        found=(
            "CREATE TABLE copied AS SELECT * FROM users",
            "CREATE TABLE copied LIKE users; INSERT INTO copied SELECT * FROM users",
            "CREATE TEMPORARY TABLE mine (id int) SELECT id FROM users WHERE age > 5",
            "CREATE TABLE copied LIKE users; REPLACE INTO copied SELECT u.* FROM orders o JOIN users u ON u.id = o.id",
            "SELECT * FROM users FOR UPDATE",
            "SELECT count(*) FROM users LOCK IN SHARE MODE",
        ),
        clean=(
            "CREATE TABLE copied LIKE users",
            NEW + "CREATE TABLE copied AS SELECT * FROM fresh",
            "SELECT * FROM users WHERE id = 1 FOR UPDATE",
            "CREATE VIEW v AS SELECT id FROM users",
            NEW + "INSERT INTO fresh SELECT 1, table_name FROM information_schema.tables",
            NEW + "INSERT INTO fresh VALUES (1, 'SELECT * FROM users')",
            "SELECT * FROM users ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED",
        ),
    ),
    "mysql-nullability-rebuild": SQLCases(
        dialect="mysql",
        found=(
            "ALTER TABLE users MODIFY COLUMN name varchar(50) NOT NULL",
            "ALTER TABLE users MODIFY COLUMN age int DEFAULT 0",
            "ALTER TABLE users MODIFY COLUMN score int AFTER id",
            "ALTER TABLE packed ADD COLUMN x int",
            "ALTER TABLE users ADD COLUMN x int UNIQUE",
        ),
        clean=(
            "ALTER TABLE users MODIFY COLUMN score int COMMENT 'x'",
            "ALTER TABLE users ADD COLUMN x int AFTER id",
            NEW + "ALTER TABLE fresh MODIFY COLUMN name varchar(20) NOT NULL",
            "ALTER TABLE users ADD COLUMN x int NOT NULL DEFAULT 1",
            "ALTER TABLE users MODIFY COLUMN age int NOT NULL DEFAULT 7",
        ),
    ),
}

MORE = {
    "add-enum-value": (
        "ALTER TABLE users MODIFY kind enum('a','b','c') NOT NULL DEFAULT 'a'",
        "ALTER TABLE users MODIFY kind enum('b','a') NOT NULL DEFAULT 'a'",
    ),
    "change-collation": (
        "ALTER TABLE users MODIFY name varchar(50) COLLATE utf8mb4_bin",
        "ALTER TABLE users MODIFY name varchar(60)",
    ),
    "change-default": (
        "ALTER TABLE users ALTER COLUMN age SET DEFAULT 7",
        "ALTER TABLE users ALTER COLUMN note SET DEFAULT 'x'",
    ),
    "drop-not-null": (
        "ALTER TABLE users MODIFY email varchar(60)",
        "ALTER TABLE users MODIFY name varchar(50)",
    ),
    "lock-timeout-too-long": ("SET SESSION lock_wait_timeout = 100", "SET lock_wait_timeout = 2"),
    "add-stored-generated-column": (
        "ALTER TABLE users ADD COLUMN x int AS (age * 2) STORED",
        "ALTER TABLE users ADD COLUMN x int AS (age * 2) VIRTUAL",
    ),
    "add-auto-increment-column": (
        "ALTER TABLE users ADD COLUMN x int AUTO_INCREMENT UNIQUE",
        "ALTER TABLE users ADD COLUMN x int",
    ),
    "add-column-volatile-default": (
        "ALTER TABLE users ADD COLUMN x varchar(36) DEFAULT (uuid())",
        "ALTER TABLE users ADD COLUMN x datetime DEFAULT CURRENT_TIMESTAMP",
    ),
    "vacuum-full-or-cluster": ("OPTIMIZE TABLE users", "ANALYZE TABLE users"),
    "drop-partition": ("ALTER TABLE parts DROP PARTITION p0", "ALTER TABLE parts ANALYZE PARTITION p0"),
    "drop-default": (
        "ALTER TABLE users MODIFY COLUMN age int NOT NULL",
        "ALTER TABLE users MODIFY COLUMN age int NOT NULL DEFAULT 5",
    ),
    "set-not-null": (
        "ALTER TABLE users MODIFY COLUMN score int NOT NULL DEFAULT 0",
        "ALTER TABLE users MODIFY COLUMN email varchar(60) NOT NULL",
    ),
    "rename-column": (
        "ALTER TABLE users CHANGE COLUMN name full_name varchar(50)",
        "ALTER TABLE users CHANGE COLUMN name name varchar(60)",
    ),
}
