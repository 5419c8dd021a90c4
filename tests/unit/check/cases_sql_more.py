"""More cases of the rules, over files of PostgreSQL: harm to what is stored, and to running code."""

from __future__ import annotations

from migrator.model.phase import Phase
from tests.unit.check.sql_history import SQLCases

NEW = "CREATE TABLE fresh (id int, at date);\n"

CASES = {
    "add-column-not-null-no-default": SQLCases(
        found=(
            "ALTER TABLE users ADD COLUMN x int NOT NULL",
            "ALTER TABLE users ADD COLUMN x text NOT NULL DEFAULT NULL",
        ),
        clean=(
            "ALTER TABLE users ADD COLUMN x int NOT NULL DEFAULT 5",
            "ALTER TABLE IF EXISTS nothing ADD COLUMN x int NOT NULL",
        ),
    ),
    "add-enum-value": SQLCases(
        found=(
            "ALTER TYPE mood ADD VALUE IF NOT EXISTS 'lost' AFTER 'new'",
            "ALTER TYPE mood ADD VALUE 'gone'; ALTER TYPE mood ADD VALUE 'back'",
        ),
        clean=(
            "CREATE TYPE fresh AS ENUM ('a'); ALTER TYPE fresh ADD VALUE 'b'",
            "CREATE TYPE one AS ENUM ('a'); ALTER TABLE users ADD COLUMN x one DEFAULT 'a'",
        ),
    ),
    "add-json-column": SQLCases(
        found=("ALTER TABLE users ADD COLUMN doc json NOT NULL DEFAULT '{}'", "alter table only orders add doc json"),
        clean=("ALTER TABLE users ADD COLUMN doc jsonb NOT NULL DEFAULT '{}'", "CREATE TABLE other (doc json)"),
    ),
    "add-unique-old-writers": SQLCases(
        found=("CREATE UNIQUE INDEX CONCURRENTLY i ON users (lower(name))",),
        clean=("CREATE INDEX CONCURRENTLY i ON users (lower(name))", NEW + "CREATE UNIQUE INDEX i ON fresh (id)"),
    ),
    "change-collation": SQLCases(
        found=(
            'ALTER TABLE users ALTER COLUMN note TYPE text COLLATE "POSIX"',
            'ALTER TABLE users ALTER title SET DATA TYPE text COLLATE "C"',
        ),
        clean=('ALTER TABLE orders ADD COLUMN x text COLLATE "C"', "ALTER TABLE users ALTER COLUMN title TYPE text"),
    ),
    "change-column-type": SQLCases(
        found=("ALTER TABLE users ALTER COLUMN age TYPE bigint", "ALTER TABLE users ALTER COLUMN note TYPE varchar(9)"),
        clean=(
            "ALTER TABLE users ALTER COLUMN name TYPE text",
            "ALTER TABLE users ALTER COLUMN name TYPE text USING name::text",
            "ALTER TABLE users ALTER COLUMN note TYPE text USING note",
        ),
    ),
    "change-default": SQLCases(
        found=(
            "ALTER TABLE users ALTER COLUMN age SET DEFAULT 1",
            "ALTER TABLE users ALTER age SET DEFAULT -1, ADD COLUMN x int",
        ),
        clean=(
            "ALTER TABLE users ALTER COLUMN score SET DEFAULT 1",
            "ALTER TABLE users ALTER score SET DEFAULT 0, ALTER note SET DEFAULT ''",
        ),
    ),
    "constraint-rejects-old-writes": SQLCases(
        found=(
            "ALTER TABLE users ADD CONSTRAINT c CHECK (score IS NOT NULL) NOT VALID",
            "ALTER TABLE users ADD CONSTRAINT c NOT NULL score NOT VALID",
        ),
        clean=("ALTER TABLE users ADD CONSTRAINT c UNIQUE (name)", NEW + "ALTER TABLE fresh ADD CHECK (id > 0)"),
    ),
    "drop-column": SQLCases(
        found=(
            "ALTER TABLE users ADD COLUMN x int, DROP COLUMN note",
            "alter table if exists users drop title cascade",
        ),
        clean=(
            "ALTER TABLE users DROP COLUMN IF EXISTS nothing",
            "ALTER TABLE users ADD COLUMN x int; ALTER TABLE users DROP COLUMN x",
        ),
    ),
    "drop-constraint": SQLCases(
        found=(
            "ALTER TABLE users DROP CONSTRAINT users_code_check",
            "ALTER TABLE users DROP CONSTRAINT IF EXISTS users_email_key",
        ),
        clean=(
            "ALTER TABLE users DROP CONSTRAINT IF EXISTS nothing",
            NEW + "ALTER TABLE fresh ADD CONSTRAINT c CHECK (id > 0); ALTER TABLE fresh DROP CONSTRAINT c",
        ),
    ),
    "drop-database": SQLCases(
        found=("DROP DATABASE shop", "DROP DATABASE IF EXISTS shop WITH (FORCE)"),
        clean=("SELECT 'drop database shop'", "COMMENT ON DATABASE shop IS 'drop database'"),
    ),
    "drop-default": SQLCases(
        found=(
            "ALTER TABLE users ALTER COLUMN age SET DEFAULT NULL",
            "ALTER TABLE users ALTER COLUMN age SET DEFAULT NULL::int",
        ),
        clean=(
            "ALTER TABLE users ALTER COLUMN note SET DEFAULT NULL",
            "ALTER TABLE users ALTER COLUMN score DROP DEFAULT",
        ),
    ),
    "drop-extension": SQLCases(
        found=("DROP EXTENSION citext CASCADE", "DROP EXTENSION IF EXISTS citext"),
        clean=("CREATE EXTENSION IF NOT EXISTS citext", "COMMENT ON EXTENSION citext IS 'x'"),
    ),
    "drop-foreign-key-locks-parent": SQLCases(
        found=(
            "ALTER TABLE public.orders DROP CONSTRAINT orders_user CASCADE",
            "ALTER TABLE orders DROP CONSTRAINT IF EXISTS orders_user, ADD COLUMN x int",
        ),
        clean=(
            "ALTER TABLE users DROP CONSTRAINT users_email_key",
            "ALTER TABLE orders DROP CONSTRAINT IF EXISTS nothing",
        ),
        phase=Phase.CONTRACT,
    ),
    "drop-index-old-queries": SQLCases(
        found=("DROP INDEX CONCURRENTLY IF EXISTS users_title_idx", "DROP INDEX public.users_title_idx"),
        clean=(
            "DROP INDEX CONCURRENTLY IF EXISTS nothing",
            "CREATE INDEX CONCURRENTLY i ON users (name); DROP INDEX CONCURRENTLY i",
        ),
    ),
    "drop-materialized-view": SQLCases(
        found=("DROP MATERIALIZED VIEW totals", "drop materialized view if exists public.totals cascade"),
        clean=(
            "DROP MATERIALIZED VIEW IF EXISTS nothing",
            "CREATE MATERIALIZED VIEW m AS SELECT 1 AS one; DROP MATERIALIZED VIEW m",
        ),
    ),
    "drop-not-null": SQLCases(
        found=(
            "ALTER TABLE users ALTER email DROP NOT NULL, ADD COLUMN x int",
            "ALTER TABLE events ALTER COLUMN at DROP NOT NULL",
        ),
        clean=("ALTER TABLE users ALTER COLUMN note DROP NOT NULL", NEW + "ALTER TABLE fresh ALTER id DROP NOT NULL"),
    ),
    "drop-partition": SQLCases(
        found=(
            "alter table only public.events detach partition public.events_2024 concurrently",
            "ALTER TABLE IF EXISTS logs DETACH PARTITION logs_rest FINALIZE",
        ),
        clean=("DROP TABLE logs_2026", "ALTER TABLE IF EXISTS nothing DETACH PARTITION more"),
    ),
    "drop-primary-key": SQLCases(
        found=(
            "ALTER TABLE users DROP CONSTRAINT users_pkey CASCADE",
            "ALTER TABLE orders DROP CONSTRAINT orders_pkey",
        ),
        clean=(
            "ALTER TABLE users DROP CONSTRAINT users_email_key",
            "ALTER TABLE IF EXISTS nothing DROP CONSTRAINT nothing_pkey",
        ),
    ),
    "drop-routine": SQLCases(
        found=("DROP FUNCTION steady()", "DROP FUNCTION IF EXISTS public.steady"),
        clean=("DROP FUNCTION IF EXISTS nothing()", "ALTER FUNCTION steady() COST 5 STABLE PARALLEL SAFE"),
    ),
    "drop-schema": SQLCases(
        found=("DROP SCHEMA public CASCADE", "drop schema if exists public"),
        clean=("DROP SCHEMA IF EXISTS nothing CASCADE", "CREATE SCHEMA s; CREATE SCHEMA IF NOT EXISTS t"),
    ),
    "drop-sequence": SQLCases(
        found=("DROP SEQUENCE numbers CASCADE", "drop sequence public.numbers, more"),
        clean=("DROP SEQUENCE IF EXISTS nothing", "ALTER SEQUENCE numbers CACHE 20"),
    ),
    "drop-table": SQLCases(
        found=("DROP TABLE IF EXISTS users, nothing",),
        clean=(
            "CREATE TEMP TABLE mine AS SELECT 1 AS one; CREATE INDEX i ON mine (one); DROP TABLE mine",
            "SELECT 1 AS one INTO TEMP mine; DROP TABLE mine",
        ),
    ),
    "drop-table-with-foreign-keys": SQLCases(
        found=("DROP TABLE orders CASCADE", "DROP TABLE public.orders, logs_2026"),
        clean=("DROP TABLE logs_2026", "DROP TABLE IF EXISTS nothing"),
        phase=Phase.CONTRACT,
    ),
    "drop-trigger": SQLCases(
        found=("DROP RULE r ON users", "DROP TRIGGER IF EXISTS t ON public.users"),
        clean=("ALTER TRIGGER t ON users RENAME TO u", "ALTER RULE r ON users RENAME TO s"),
    ),
    "drop-type": SQLCases(
        found=("DROP TYPE mood CASCADE", "DROP DOMAIN plain"),
        clean=("DROP TYPE IF EXISTS nothing", "CREATE DOMAIN d AS int; DROP DOMAIN d"),
    ),
    "drop-view": SQLCases(
        found=("DROP VIEW active; CREATE VIEW active AS SELECT name FROM users", "DROP VIEW IF EXISTS active CASCADE"),
        clean=("DROP VIEW IF EXISTS nothing", "CREATE VIEW v AS SELECT 1 AS one; DROP VIEW v"),
    ),
    "enable-row-security": SQLCases(
        found=(
            "CREATE POLICY p ON users USING (true); DROP POLICY p ON users",
            "ALTER TABLE public.users ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
        ),
        clean=(
            "ALTER TABLE users DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY",
            "ALTER POLICY p ON users RENAME TO q",
            "DROP POLICY IF EXISTS p ON users",
        ),
    ),
    "enum-value-used-in-same-transaction": SQLCases(
        found=(
            "ALTER TYPE mood ADD VALUE 'lost'; ALTER TABLE users ADD COLUMN m mood DEFAULT 'lost'",
            "ALTER TYPE mood ADD VALUE 'lost'; INSERT INTO users (name) VALUES ('lost')",
        ),
        clean=(
            "ALTER TYPE mood ADD VALUE 'lost'; ALTER TABLE users ADD COLUMN m mood DEFAULT 'new'",
            "ALTER TABLE users ADD COLUMN m mood DEFAULT 'new'",
        ),
    ),
    "identity-always-on-existing": SQLCases(
        found=(
            "ALTER TABLE orders ALTER id ADD GENERATED ALWAYS AS IDENTITY (START WITH 100)",
            "alter table only public.users alter id add generated always as identity (cache 5)",
        ),
        clean=(
            "ALTER TABLE users ALTER id ADD GENERATED BY DEFAULT AS IDENTITY (START WITH 100)",
            "CREATE TABLE other (id int GENERATED ALWAYS AS IDENTITY)",
        ),
    ),
    "narrow-column-type": SQLCases(
        found=("ALTER TABLE users ALTER COLUMN name TYPE varchar(10)",),
        clean=("ALTER TABLE users ALTER COLUMN name TYPE varchar",),
        phase=Phase.CONTRACT,
    ),
    "refresh-matview-with-no-data": SQLCases(
        found=(
            "REFRESH MATERIALIZED VIEW public.totals WITH NO DATA",
            "SELECT 1; refresh materialized view totals with no data",
        ),
        clean=("REFRESH MATERIALIZED VIEW totals WITH DATA", "REFRESH MATERIALIZED VIEW CONCURRENTLY public.totals"),
    ),
    "rename-column": SQLCases(
        found=("ALTER VIEW active RENAME COLUMN id TO number", "ALTER TABLE IF EXISTS users RENAME note TO remark"),
        clean=("ALTER TABLE IF EXISTS nothing RENAME a TO b", "ALTER DOMAIN above RENAME CONSTRAINT above_check TO c"),
    ),
    "rename-enum-value": SQLCases(
        found=("ALTER TYPE mood RENAME VALUE 'new' TO 'fresh'", "ALTER TYPE public.mood RENAME VALUE 'done' TO 'over'"),
        clean=(
            "ALTER TYPE mood ADD VALUE 'fresh'",
            "CREATE TYPE t AS ENUM ('a'); ALTER TYPE t RENAME VALUE 'a' TO 'b'",
        ),
    ),
    "rename-object": SQLCases(
        found=("ALTER TYPE mood RENAME TO feeling", "ALTER FUNCTION steady() RENAME TO firm"),
        clean=("ALTER STATISTICS s RENAME TO t", "ALTER TRIGGER t ON users RENAME TO u"),
    ),
    "rename-schema": SQLCases(
        found=('alter schema "Shop" rename to shop', "ALTER TABLE IF EXISTS users SET SCHEMA archive"),
        clean=("ALTER TABLE IF EXISTS nothing SET SCHEMA archive", "COMMENT ON SCHEMA shop IS 'rename'"),
        phase=Phase.CONTRACT,
    ),
    "rename-table": SQLCases(
        found=(
            "ALTER TABLE users RENAME TO people; CREATE VIEW users AS SELECT id FROM people",
            "ALTER TABLE users SET SCHEMA archive",
        ),
        clean=("ALTER TABLE IF EXISTS nothing RENAME TO more", "ALTER TABLE IF EXISTS nothing SET SCHEMA archive"),
    ),
    "revoke-privilege": SQLCases(
        found=("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM app", "ALTER TABLE users OWNER TO app"),
        clean=("GRANT SELECT ON users TO app", "ALTER DEFAULT PRIVILEGES REVOKE ALL ON TABLES FROM app"),
    ),
    "sequence-starts-over": SQLCases(
        found=(
            "ALTER SEQUENCE numbers RESTART",
            "alter sequence public.numbers cache 5 restart",
            "ALTER TABLE users ALTER COLUMN id RESTART",
            "ALTER TABLE users ALTER id SET GENERATED ALWAYS RESTART",
            "BEGIN; ALTER SEQUENCE numbers INCREMENT BY 2 RESTART; COMMIT",
        ),
        clean=(
            "ALTER SEQUENCE numbers RESTART WITH 500000",
            "ALTER SEQUENCE numbers INCREMENT BY 2 CACHE 10",
            "CREATE SEQUENCE s; ALTER SEQUENCE s RESTART",
            "ALTER TABLE users ALTER COLUMN id RESTART WITH 500000",
            "ALTER SEQUENCE IF EXISTS nothing RESTART",
            "CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY); ALTER TABLE t ALTER id RESTART",
        ),
    ),
    "set-not-null": SQLCases(
        found=(
            "ALTER TABLE users ALTER score SET NOT NULL",
            "ALTER TABLE users ADD COLUMN x int, ALTER note SET NOT NULL",
        ),
        clean=("ALTER TABLE users ALTER COLUMN proven SET NOT NULL", "ALTER TABLE users ALTER COLUMN age SET NOT NULL"),
    ),
    "trigger-on-existing-table": SQLCases(
        found=(
            "CREATE RULE r AS ON INSERT TO users DO ALSO NOTIFY x",
            "ALTER TABLE users ENABLE RULE r",
        ),
        clean=("ALTER TABLE users DISABLE RULE r", NEW + "CREATE RULE r AS ON INSERT TO fresh DO ALSO NOTIFY x"),
    ),
    "truncate-cascade": SQLCases(
        found=("TRUNCATE TABLE ONLY users CASCADE", "truncate orders, users restart identity cascade"),
        clean=("TRUNCATE orders, users", "CREATE TEMP TABLE mine (id int); TRUNCATE mine CASCADE"),
    ),
    "truncate-table": SQLCases(
        found=("TRUNCATE orders, users", "TRUNCATE TABLE ONLY users RESTART IDENTITY"),
        clean=(NEW + "TRUNCATE fresh", "CREATE TEMP TABLE mine (id int); TRUNCATE mine"),
    ),
    "unbatched-backfill": SQLCases(
        found=(
            "UPDATE users SET note = 'x' WHERE name = 'y'",
            "DELETE FROM users WHERE id > 5",
            "UPDATE users SET note = 'x' WHERE id = 1 OR id = 2",
        ),
        clean=(
            "INSERT INTO users (id, email) VALUES (1, 'x')",
            "INSERT INTO users (id, email) VALUES (1, 'x') ON CONFLICT (id) DO NOTHING",
            "UPDATE users SET note = 'x' WHERE id = 1",
            "DELETE FROM users WHERE id IN (1, 2) AND name = 'y'",
        ),
    ),
}
