"""The small schema of the catalogue's tests on MySQL and MariaDB, and one change of each property."""

from __future__ import annotations

SCHEMA = (
    "CREATE TABLE teams (id bigint PRIMARY KEY, code varchar(20), UNIQUE KEY uq_code (code)) CHARACTER SET utf8mb4",
    "CREATE TABLE others (id bigint PRIMARY KEY) COLLATE utf8mb4_general_ci",
    "CREATE TABLE users (id bigint AUTO_INCREMENT PRIMARY KEY, name varchar(40) NOT NULL, nick varchar(20) DEFAULT 'x',"
    " age int, team_id bigint, doubled int GENERATED ALWAYS AS (age * 2) STORED, seen timestamp(6) NULL,"
    " CONSTRAINT age_ok CHECK (age > 0), KEY ix_nick (nick), KEY ix_team (team_id),"
    " CONSTRAINT to_team FOREIGN KEY (team_id) REFERENCES teams (id)) COLLATE utf8mb4_general_ci",
    "CREATE TRIGGER keeping BEFORE UPDATE ON users FOR EACH ROW SET NEW.nick = NEW.nick",
    "CREATE FUNCTION plus(a int) RETURNS int DETERMINISTIC NO SQL RETURN a + 1",
    "CREATE PROCEDURE tidy(IN a int) SELECT a",
    "CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY STARTS '2030-01-01 00:00:00' DISABLE DO DO 1",
    "CREATE VIEW names AS SELECT id, name FROM users",
    "CREATE TABLE log (at int NOT NULL, line text) PARTITION BY RANGE (at)"
    " (PARTITION p1 VALUES LESS THAN (10), PARTITION p2 VALUES LESS THAN (20))",
)

ON_MARIADB = ("CREATE SEQUENCE numbers",)

BOTH: dict[str, str | tuple[str, ...]] = {
    "a table is added": "CREATE TABLE more (id int)",
    "a table is dropped": "DROP TABLE others",
    "a table is renamed": "RENAME TABLE others TO elsewhere",
    "a table's engine": "ALTER TABLE others ENGINE = MyISAM",
    "a table's row format": "ALTER TABLE others ROW_FORMAT = COMPACT",
    "a table's collation": "ALTER TABLE others COLLATE utf8mb4_bin",
    "a table's option": "ALTER TABLE others STATS_PERSISTENT = 1",
    "a table's comment": "ALTER TABLE others COMMENT 'others'",
    "the schema's collation": "ALTER DATABASE COLLATE utf8mb4_bin",
    "a column is added": "ALTER TABLE others ADD COLUMN extra int",
    "a column is dropped": "ALTER TABLE users DROP COLUMN seen",
    "a column is renamed": "ALTER TABLE users RENAME COLUMN seen TO viewed",
    "a column's type": "ALTER TABLE users MODIFY seen datetime(6) NULL",
    "a column's length": "ALTER TABLE users MODIFY name varchar(41) NOT NULL",
    "a column's collation": "ALTER TABLE users MODIFY name varchar(40) COLLATE utf8mb4_bin NOT NULL",
    "a column's nullability": "ALTER TABLE users MODIFY name varchar(40)",
    "a column's default": "ALTER TABLE users ALTER COLUMN nick SET DEFAULT 'y'",
    "a column's default is empty text": "ALTER TABLE users MODIFY name varchar(40) NOT NULL DEFAULT ''",
    "a column's default is dropped": "ALTER TABLE users ALTER COLUMN nick DROP DEFAULT",
    "a column's ON UPDATE": "ALTER TABLE users MODIFY seen timestamp(6) NULL ON UPDATE CURRENT_TIMESTAMP(6)",
    "a column's identity": "ALTER TABLE users MODIFY id bigint",
    "a column is generated no more": "ALTER TABLE users MODIFY doubled int",
    "a column's expression": "ALTER TABLE users MODIFY doubled int GENERATED ALWAYS AS (age * 3) STORED",
    "a column is virtual": (
        "ALTER TABLE users DROP COLUMN doubled",
        "ALTER TABLE users ADD COLUMN doubled int GENERATED ALWAYS AS (age * 2) VIRTUAL",
    ),
    "a column's comment": "ALTER TABLE users MODIFY name varchar(40) NOT NULL COMMENT 'full'",
    "a constraint is added": "ALTER TABLE users ADD CONSTRAINT nick_ok CHECK (nick <> '')",
    "a constraint is dropped": "ALTER TABLE users DROP CONSTRAINT age_ok",
    "a constraint's name": (
        "ALTER TABLE users DROP CONSTRAINT age_ok",
        "ALTER TABLE users ADD CONSTRAINT age_fine CHECK (age > 0)",
    ),
    "a constraint's definition": (
        "ALTER TABLE users DROP CONSTRAINT age_ok",
        "ALTER TABLE users ADD CONSTRAINT age_ok CHECK (age > 1)",
    ),
    "a foreign key is dropped": "ALTER TABLE users DROP FOREIGN KEY to_team",
    "a foreign key's action": (
        "ALTER TABLE users DROP FOREIGN KEY to_team",
        "ALTER TABLE users ADD CONSTRAINT to_team FOREIGN KEY (team_id) REFERENCES teams (id) ON DELETE CASCADE",
    ),
    "a foreign key's table": (
        "ALTER TABLE users DROP FOREIGN KEY to_team",
        "ALTER TABLE users ADD CONSTRAINT to_team FOREIGN KEY (team_id) REFERENCES others (id)",
    ),
    "a primary key": "ALTER TABLE others DROP PRIMARY KEY",
    "a unique constraint": "ALTER TABLE teams DROP KEY uq_code",
    "an index is added": "CREATE INDEX ix_age ON users (age)",
    "an index is dropped": "DROP INDEX ix_nick ON users",
    "an index's name": "ALTER TABLE users RENAME INDEX ix_nick TO ix_nickname",
    "an index's columns": ("DROP INDEX ix_nick ON users", "CREATE INDEX ix_nick ON users (nick, age)"),
    "an index's order": ("DROP INDEX ix_nick ON users", "CREATE INDEX ix_nick ON users (nick DESC)"),
    "an index's prefix": ("DROP INDEX ix_nick ON users", "CREATE INDEX ix_nick ON users (nick(5))"),
    "an index is unique": ("DROP INDEX ix_nick ON users", "CREATE UNIQUE INDEX ix_nick ON users (nick)"),
    "an index's type": ("DROP INDEX ix_nick ON users", "CREATE FULLTEXT INDEX ix_nick ON users (nick)"),
    "an index's comment": ("DROP INDEX ix_nick ON users", "CREATE INDEX ix_nick ON users (nick) COMMENT 'search'"),
    "a trigger is dropped": "DROP TRIGGER keeping",
    "a trigger's definition": (
        "DROP TRIGGER keeping",
        "CREATE TRIGGER keeping BEFORE UPDATE ON users FOR EACH ROW SET NEW.nick = NULL",
    ),
    "a trigger's moment": (
        "DROP TRIGGER keeping",
        "CREATE TRIGGER keeping BEFORE INSERT ON users FOR EACH ROW SET NEW.nick = NEW.nick",
    ),
    "a trigger's SQL mode": (
        "DROP TRIGGER keeping",
        "SET SESSION sql_mode = ''",
        "CREATE TRIGGER keeping BEFORE UPDATE ON users FOR EACH ROW SET NEW.nick = NEW.nick",
    ),
    "a trigger's place among others": "CREATE TRIGGER first BEFORE UPDATE ON users FOR EACH ROW PRECEDES keeping"
    " SET NEW.age = NEW.age",
    "a function is dropped": "DROP FUNCTION plus",
    "a function's body": (
        "DROP FUNCTION plus",
        "CREATE FUNCTION plus(a int) RETURNS int DETERMINISTIC NO SQL RETURN a + 2",
    ),
    "a function's parameter": (
        "DROP FUNCTION plus",
        "CREATE FUNCTION plus(a bigint) RETURNS int DETERMINISTIC NO SQL RETURN a + 1",
    ),
    "a function's security": "ALTER FUNCTION plus SQL SECURITY INVOKER",
    "a procedure": "DROP PROCEDURE tidy",
    "an event is dropped": "DROP EVENT nightly",
    "an event's schedule": "ALTER EVENT nightly ON SCHEDULE EVERY 2 DAY STARTS '2030-01-01 00:00:00'",
    "a view is dropped": "DROP VIEW names",
    "a view's definition": "CREATE OR REPLACE VIEW names AS SELECT id, name FROM users WHERE age > 3",
    "a view's security": "CREATE OR REPLACE SQL SECURITY INVOKER VIEW names AS SELECT id, name FROM users",
    "a view's check option": "CREATE OR REPLACE VIEW names AS SELECT id, name FROM users WHERE age > 3"
    " WITH CHECK OPTION",
    "a partition is added": "ALTER TABLE log ADD PARTITION (PARTITION p3 VALUES LESS THAN (30))",
    "a partition's bounds": "ALTER TABLE log REORGANIZE PARTITION p2 INTO (PARTITION p2 VALUES LESS THAN (25))",
    "a table is partitioned no more": "ALTER TABLE log REMOVE PARTITIONING",
}

MYSQL: dict[str, str | tuple[str, ...]] = {
    "a check's enforcement": "ALTER TABLE users ALTER CHECK age_ok NOT ENFORCED",
    "an index's visibility": "ALTER TABLE users ALTER INDEX ix_nick INVISIBLE",
    "an index's expression": ("DROP INDEX ix_nick ON users", "CREATE INDEX ix_nick ON users ((lower(nick)))"),
    "a column's visibility": "ALTER TABLE users ALTER COLUMN nick SET INVISIBLE",
}
MARIADB: dict[str, str | tuple[str, ...]] = {
    "an index is ignored": "ALTER TABLE users ALTER INDEX ix_nick IGNORED",
    "a sequence is added": "CREATE SEQUENCE more_numbers",
    "a sequence is dropped": "DROP SEQUENCE numbers",
    "a sequence's step": "ALTER SEQUENCE numbers INCREMENT BY 5",
    "a column's check": "ALTER TABLE users MODIFY nick varchar(20) DEFAULT 'x' CHECK (nick <> '')",
    "a column's visibility": "ALTER TABLE users MODIFY nick varchar(20) INVISIBLE DEFAULT 'x'",
    "a table is versioned": "ALTER TABLE others ADD SYSTEM VERSIONING",
    "a table's period": "ALTER TABLE others ADD COLUMN s date NOT NULL, ADD COLUMN e date NOT NULL,"
    " ADD PERIOD FOR valid (s, e)",
    "a view's algorithm": "CREATE OR REPLACE ALGORITHM = TEMPTABLE VIEW names AS SELECT id, name FROM users",
}

# Nothing of the shape changes; a snapshot must not see it.
NOT_SEEN = (
    "INSERT INTO users (name, age) VALUES ('a', 3)",
    "ALTER TABLE others ADD COLUMN gone int DEFAULT 5",
    "ALTER TABLE others DROP COLUMN gone",
    "ALTER TABLE users MODIFY nick varchar(20) DEFAULT 'x' FIRST",
    "ALTER TABLE users AUTO_INCREMENT = 700",
    "ANALYZE TABLE users",
)

NOT_SEEN_ON_MARIADB = ("SELECT NEXTVAL(numbers)", "SELECT SETVAL(numbers, 5000)")
