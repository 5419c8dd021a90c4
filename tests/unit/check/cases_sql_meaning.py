"""Cases of the rules about what a statement takes along, and what it means to values and to running code."""

from __future__ import annotations

from migrator.model.phase import Phase
from tests.unit.check.sql_history import SQLCases

NEW = "CREATE TABLE fresh (id int, at date);\n"
LONG = "i" * 64

CASES = {
    "truncate-cascade": SQLCases(
        found=(
            "TRUNCATE users CASCADE",
            "TRUNCATE TABLE ONLY users, orders RESTART IDENTITY CASCADE",
            "truncate public.users cascade",
        ),
        clean=("TRUNCATE users", "TRUNCATE users RESTRICT", NEW + "TRUNCATE fresh CASCADE"),
    ),
    "drop-cascade": SQLCases(
        found=(
            "DROP TABLE users CASCADE",
            "ALTER TABLE users DROP COLUMN id CASCADE",
            "ALTER TABLE users DROP CONSTRAINT users_pkey CASCADE",
            "DROP TYPE mood CASCADE",
            "DROP VIEW active CASCADE",
            "DROP FUNCTION steady() CASCADE",
        ),
        clean=(
            "DROP TABLE users",
            "ALTER TABLE users DROP COLUMN id RESTRICT",
            NEW + "DROP TABLE fresh CASCADE",
            "ALTER TABLE users ADD COLUMN x int; ALTER TABLE users DROP COLUMN x CASCADE",
            "CREATE TYPE t AS ENUM ('a'); DROP TYPE t CASCADE",
        ),
    ),
    "refresh-matview-with-no-data": SQLCases(
        found=(
            "REFRESH MATERIALIZED VIEW totals WITH NO DATA",
            "refresh materialized view public.totals with no data",
            "COMMENT ON TABLE users IS 'x'; REFRESH MATERIALIZED VIEW totals WITH NO DATA",
        ),
        clean=(
            "REFRESH MATERIALIZED VIEW totals",
            "REFRESH MATERIALIZED VIEW CONCURRENTLY totals",
            "CREATE MATERIALIZED VIEW m AS SELECT 1; REFRESH MATERIALIZED VIEW m WITH NO DATA",
        ),
    ),
    "rename-schema": SQLCases(
        phase=Phase.CONTRACT,
        found=(
            "ALTER SCHEMA shop RENAME TO store",
            "ALTER TABLE users SET SCHEMA store",
            "ALTER TABLE public.users SET SCHEMA store",
        ),
        clean=(
            "ALTER TABLE users RENAME TO people",
            "CREATE SCHEMA shop; ALTER SCHEMA shop RENAME TO store",
            NEW + "ALTER TABLE fresh SET SCHEMA store",
        ),
    ),
    "change-default": SQLCases(
        found=(
            "ALTER TABLE users ALTER COLUMN age SET DEFAULT 5",
            "ALTER TABLE public.users ALTER age SET DEFAULT 1 + 1",
            "ALTER TABLE users ADD COLUMN x int, ALTER COLUMN age SET DEFAULT 7",
        ),
        clean=(
            "ALTER TABLE users ALTER COLUMN note SET DEFAULT 'x'",
            "ALTER TABLE users ALTER COLUMN age DROP DEFAULT",
            "ALTER TABLE users ADD COLUMN x int DEFAULT 1; ALTER TABLE users ALTER COLUMN x SET DEFAULT 2",
        ),
    ),
    "drop-not-null": SQLCases(
        found=(
            "ALTER TABLE users ALTER COLUMN email DROP NOT NULL",
            "ALTER TABLE users ALTER age DROP NOT NULL",
            "ALTER TABLE elsewhere ALTER COLUMN name DROP NOT NULL",
        ),
        clean=(
            "ALTER TABLE users ALTER COLUMN name DROP NOT NULL",
            NEW + "ALTER TABLE fresh ALTER COLUMN id DROP NOT NULL",
            "ALTER TABLE users ALTER COLUMN name SET NOT NULL",
        ),
    ),
    "add-enum-value": SQLCases(
        found=(
            "ALTER TYPE mood ADD VALUE 'lost'",
            "ALTER TYPE mood ADD VALUE IF NOT EXISTS 'lost' BEFORE 'new'",
            "ALTER TYPE elsewhere.kind ADD VALUE 'x'",
        ),
        clean=(
            "CREATE TYPE t AS ENUM ('a'); ALTER TYPE t ADD VALUE 'b'",
            "ALTER TYPE mood RENAME VALUE 'new' TO 'fresh'",
            "CREATE TYPE t AS ENUM ('a', 'b')",
        ),
    ),
    "remove-enum-value": SQLCases(
        dialect="mysql",
        found=(
            "ALTER TABLE users MODIFY kind enum('a') NOT NULL DEFAULT 'a'",
            "ALTER TABLE users CHANGE kind kind enum('b','c') NOT NULL",
            "ALTER TABLE users MODIFY COLUMN kind ENUM('A','b') NOT NULL DEFAULT 'b'",
            "ALTER TABLE users CHANGE kind sort enum('a') NOT NULL DEFAULT 'a'",
            "ALTER TABLE `users` ADD x int, MODIFY kind enum('b') NOT NULL DEFAULT 'b'",
        ),
        clean=(
            "ALTER TABLE users MODIFY kind enum('a','b','c') NOT NULL DEFAULT 'a'",
            "ALTER TABLE users MODIFY kind enum('b','a') NOT NULL DEFAULT 'a'",
            "ALTER TABLE users MODIFY kind varchar(10) NOT NULL DEFAULT 'a'",
            "ALTER TABLE users CHANGE kind sort enum('a','b') NOT NULL DEFAULT 'a'",
            "ALTER TABLE users ALTER kind SET DEFAULT 'b'",
        ),
    ),
    "change-collation": SQLCases(
        found=(
            'ALTER TABLE users ALTER COLUMN name TYPE varchar(100) COLLATE "C"',
            'ALTER TABLE users ALTER COLUMN title TYPE text COLLATE "de_DE"',
            'ALTER TABLE elsewhere ALTER COLUMN name TYPE text COLLATE "C"',
        ),
        clean=(
            "ALTER TABLE users ALTER COLUMN name TYPE varchar(200)",
            NEW + 'ALTER TABLE fresh ALTER COLUMN id TYPE text COLLATE "C"',
            'ALTER TABLE users ADD COLUMN x text COLLATE "C"',
        ),
    ),
    "add-json-column": SQLCases(
        found=(
            "ALTER TABLE users ADD COLUMN extra json",
            "ALTER TABLE users ADD COLUMN a int, ADD COLUMN extra json",
            "ALTER TABLE elsewhere ADD extra json NOT NULL DEFAULT '{}'",
        ),
        clean=(
            "ALTER TABLE users ADD COLUMN extra jsonb",
            NEW + "ALTER TABLE fresh ADD COLUMN extra json",
            "CREATE TABLE other (extra json)",
        ),
    ),
    "mysql-implicit-default-backfill": SQLCases(
        dialect="mysql",
        phase=Phase.CONTRACT,
        found=(
            "ALTER TABLE users ADD COLUMN x int NOT NULL",
            "ALTER TABLE users ADD x varchar(20) NOT NULL",
            "ALTER TABLE users ADD COLUMN a int, ADD COLUMN b date NOT NULL",
            "ALTER TABLE users ADD COLUMN (a int, b int NOT NULL)",
            "ALTER TABLE `users` ADD x decimal(10,2) NOT NULL AFTER id",
        ),
        clean=(
            "ALTER TABLE users ADD COLUMN x int NOT NULL DEFAULT 5",
            "ALTER TABLE users ADD COLUMN x int",
            "ALTER TABLE users ADD COLUMN x int AS (age + 1) VIRTUAL NOT NULL",
            "CREATE TABLE fresh (id int, x int NOT NULL)",
            "CREATE TABLE fresh (id int); ALTER TABLE fresh ADD COLUMN x int NOT NULL",
        ),
    ),
    "narrow-column-type": SQLCases(
        phase=Phase.CONTRACT,
        found=(
            "ALTER TABLE users ALTER COLUMN name TYPE varchar(50)",
            "ALTER TABLE users ALTER COLUMN note TYPE varchar(50)",
            "ALTER TABLE users ALTER COLUMN age TYPE smallint",
            "ALTER TABLE users ALTER COLUMN at TYPE timestamp(0)",
        ),
        clean=(
            "ALTER TABLE users ALTER COLUMN name TYPE varchar(200)",
            "ALTER TABLE users ALTER COLUMN name TYPE text",
            "ALTER TABLE users ALTER COLUMN age TYPE bigint",
            "ALTER TABLE users ALTER COLUMN at TYPE timestamp",
            NEW + "ALTER TABLE fresh ALTER COLUMN id TYPE smallint",
        ),
    ),
    "mismatched-foreign-key-type": SQLCases(
        found=(
            "CREATE TABLE t (id int, user_id bigint REFERENCES users (id))",
            "CREATE TABLE t (id int, user_id smallint, FOREIGN KEY (user_id) REFERENCES users (id))",
            "ALTER TABLE orders ADD COLUMN other bigint REFERENCES users (id)",
            "ALTER TABLE orders ADD b bigint; ALTER TABLE orders ADD FOREIGN KEY (b) REFERENCES users NOT VALID",
        ),
        clean=(
            "CREATE TABLE t (id int, user_id integer REFERENCES users (id))",
            "CREATE TABLE t (id int, user_id bigint REFERENCES elsewhere (id))",
            "CREATE TABLE t (id serial PRIMARY KEY); CREATE TABLE u (t_id int REFERENCES t (id))",
            "ALTER TABLE orders ADD FOREIGN KEY (qty) REFERENCES users (id) NOT VALID",
        ),
    ),
    "identifier-too-long": SQLCases(
        found=(
            f"CREATE INDEX CONCURRENTLY {LONG} ON users (name)",
            f"ALTER TABLE users ADD COLUMN {LONG} int",
            f"CREATE TABLE {LONG} (id int)",
            f"CREATE TABLE {'ü' * 32} (id int)",
        ),
        clean=(
            f"CREATE INDEX CONCURRENTLY {LONG[1:]} ON users (name)",
            f"DROP INDEX CONCURRENTLY {LONG}",
            "ALTER TABLE users ADD COLUMN x int",
        ),
    ),
    "sqlite-unsupported-alter": SQLCases(
        dialect="sqlite",
        phase=Phase.CONTRACT,
        found=(
            "ALTER TABLE users ADD COLUMN x INTEGER UNIQUE",
            "ALTER TABLE users ADD COLUMN x INTEGER PRIMARY KEY",
            "ALTER TABLE users ADD COLUMN x TEXT DEFAULT (random())",
            "ALTER TABLE users ADD COLUMN x TEXT DEFAULT CURRENT_TIMESTAMP",
            "ALTER TABLE users ADD COLUMN x INTEGER GENERATED ALWAYS AS (id) STORED",
            "ALTER TABLE users DROP COLUMN id",
            "ALTER TABLE users DROP COLUMN name",
        ),
        clean=(
            "ALTER TABLE users ADD COLUMN x INTEGER",
            "ALTER TABLE users ADD COLUMN x TEXT DEFAULT 'CURRENT'",
            "ALTER TABLE users ADD COLUMN x INTEGER GENERATED ALWAYS AS (id) VIRTUAL",
            "ALTER TABLE users DROP COLUMN email",
            "CREATE TABLE t (id INTEGER); ALTER TABLE t ADD COLUMN x TEXT DEFAULT (random())",
        ),
    ),
}
