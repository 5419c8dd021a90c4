"""More cases of the rules, over files of PostgreSQL: what stops traffic for as long as a table is big, or queues it."""

from __future__ import annotations

from migrator.model.phase import Phase
from tests.unit.check.sql_history import SQLCases

NEW = "CREATE TABLE fresh (id int, at date);\n"
BOUND = "FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')"

CASES = {
    "access-exclusive-on-multiple-tables": SQLCases(
        found=(
            "ALTER TABLE users ADD COLUMN x int; ALTER TABLE orders ADD COLUMN x int; ALTER TABLE events ADD y int",
            "ALTER TABLE users ALTER age SET DEFAULT 1; ALTER TABLE orders DROP COLUMN qty",
        ),
        clean=(),
    ),
    "add-auto-increment-column": SQLCases(
        found=("ALTER TABLE users ADD COLUMN number smallserial", "ALTER TABLE ONLY public.users ADD n serial8"),
        clean=("ALTER TABLE users ADD COLUMN serial int", "CREATE TABLE other (id int GENERATED ALWAYS AS IDENTITY)"),
    ),
    "add-check-validating": SQLCases(
        found=(
            "ALTER TABLE users ADD CHECK (age > 0)",
            "ALTER TABLE ONLY users ADD CONSTRAINT c CHECK (true) NO INHERIT",
        ),
        clean=(
            "ALTER TABLE users ADD CONSTRAINT c CHECK (age > 0) NOT VALID",
            "ALTER TABLE users ADD COLUMN x int, ADD CONSTRAINT c CHECK (x > 0) NOT VALID",
        ),
    ),
    "add-column-constrained-domain": SQLCases(
        found=(
            "CREATE DOMAIN higher AS above; ALTER TABLE users ADD COLUMN x higher",
            "CREATE DOMAIN given AS int NOT NULL; ALTER TABLE users ADD COLUMN x given DEFAULT 1",
        ),
        clean=("ALTER TABLE users ADD COLUMN x above[]", "CREATE DOMAIN d AS plain; ALTER TABLE users ADD COLUMN x d"),
    ),
    "add-column-volatile-default": SQLCases(
        found=(
            "CREATE DOMAIN d AS uuid DEFAULT gen_random_uuid(); ALTER TABLE users ADD COLUMN x d",
            "ALTER TABLE users ADD COLUMN x text DEFAULT md5(random()::text)",
        ),
        clean=(
            "CREATE DOMAIN d AS timestamptz DEFAULT now(); ALTER TABLE users ADD COLUMN x d",
            "ALTER TABLE users ADD COLUMN x int4range DEFAULT int4range(1, 5)",
            "CREATE DOMAIN d AS uuid DEFAULT gen_random_uuid(); ALTER TABLE users ADD COLUMN x d DEFAULT NULL",
        ),
    ),
    "add-exclusion-constraint": SQLCases(
        found=(
            "ALTER TABLE users ADD EXCLUDE USING gist (id WITH =)",
            "ALTER TABLE users ADD CONSTRAINT e EXCLUDE (name WITH =) WHERE (age > 1)",
        ),
        clean=(
            NEW + "ALTER TABLE fresh ADD EXCLUDE USING gist (id WITH =)",
            "CREATE TABLE t (id int, EXCLUDE USING gist (id WITH =))",
        ),
    ),
    "add-foreign-key-validating": SQLCases(
        found=(
            "ALTER TABLE orders ADD FOREIGN KEY (qty) REFERENCES users ON DELETE SET NULL",
            "ALTER TABLE orders ALTER CONSTRAINT orders_user ENFORCED",
        ),
        clean=(
            "ALTER TABLE orders ADD CONSTRAINT f FOREIGN KEY (qty) REFERENCES users (id) ON DELETE CASCADE NOT VALID",
            "ALTER TABLE orders ADD CONSTRAINT f FOREIGN KEY (qty) REFERENCES users (id) NOT ENFORCED",
            "ALTER TABLE orders ALTER CONSTRAINT orders_user DEFERRABLE INITIALLY DEFERRED",
        ),
    ),
    "add-primary-key-builds-index": SQLCases(
        found=("ALTER TABLE logs_2026 ADD PRIMARY KEY (id)", "ALTER TABLE ready ADD CONSTRAINT p PRIMARY KEY (id, at)"),
        clean=(NEW + "ALTER TABLE fresh ADD PRIMARY KEY (id)", "CREATE TABLE t (id int, PRIMARY KEY (id))"),
    ),
    "add-stored-generated-column": SQLCases(
        found=(
            "ALTER TABLE users ADD COLUMN v tsvector GENERATED ALWAYS AS (to_tsvector('simple', note)) STORED",
            "ALTER TABLE users ADD COLUMN IF NOT EXISTS v int GENERATED ALWAYS AS (age) STORED NOT NULL",
        ),
        clean=("ALTER TABLE users ADD COLUMN x text STORAGE EXTERNAL", "ALTER TABLE users ADD COLUMN v int"),
    ),
    "add-unique-builds-index": SQLCases(
        found=("ALTER TABLE users ADD UNIQUE (name) INCLUDE (age)", "ALTER TABLE users ADD UNIQUE (name) DEFERRABLE"),
        clean=(NEW + "ALTER TABLE fresh ADD UNIQUE (id)",),
    ),
    "alter-domain-add-constraint": SQLCases(
        found=(
            "ALTER DOMAIN plain VALIDATE CONSTRAINT plain_check",
            "ALTER DOMAIN public.plain ADD CONSTRAINT c NOT NULL",
        ),
        clean=("ALTER DOMAIN plain SET DEFAULT 4", "ALTER DOMAIN above RENAME CONSTRAINT above_check TO c"),
    ),
    "attach-partition-without-check": SQLCases(
        found=(
            "ALTER TABLE logs ATTACH PARTITION logs_2026 DEFAULT",
            f"ALTER TABLE public.events ATTACH PARTITION public.logs_2026 {BOUND}",
        ),
        clean=(f"CREATE TABLE e (LIKE events INCLUDING ALL); ALTER TABLE events ATTACH PARTITION e {BOUND}",),
    ),
    "change-column-type-rewrite": SQLCases(
        found=("ALTER TABLE users ALTER COLUMN note TYPE text USING trim(note)",),
        clean=("ALTER TABLE users ALTER COLUMN name TYPE varchar(200) USING name",),
    ),
    "change-type-reindexes": SQLCases(
        found=(
            "ALTER TABLE events ALTER COLUMN at TYPE date",
            "ALTER TABLE public.users ALTER title SET DATA TYPE citext, ADD COLUMN x int",
        ),
        clean=("ALTER TABLE users ALTER COLUMN title TYPE varchar", "ALTER TABLE events ALTER COLUMN id TYPE int"),
    ),
    "concurrently-in-transaction": SQLCases(
        found=(
            "BEGIN; CREATE INDEX CONCURRENTLY i ON users (name); COMMIT",
            "BEGIN; DROP INDEX CONCURRENTLY users_title_idx; COMMIT",
        ),
        clean=(
            "CREATE INDEX CONCURRENTLY i ON users (name)",
            "BEGIN; SELECT 1; COMMIT; REINDEX TABLE CONCURRENTLY users",
        ),
    ),
    "create-index-not-concurrently": SQLCases(
        found=("CREATE INDEX i ON ONLY users USING gin (note) WHERE age > 1", "CREATE INDEX ON totals (count)"),
        clean=(
            "CREATE MATERIALIZED VIEW m AS SELECT 1 AS one; CREATE UNIQUE INDEX i ON m (one)",
            "CREATE TEMP TABLE mine (id int); CREATE INDEX i ON mine (id)",
            "CREATE TABLE IF NOT EXISTS t (id int); CREATE INDEX i ON t (id)",
        ),
    ),
    "create-partition-of": SQLCases(
        found=(
            f"CREATE TABLE IF NOT EXISTS e PARTITION OF events {BOUND} PARTITION BY RANGE (at)",
            "CREATE TABLE public.e PARTITION OF public.events DEFAULT",
        ),
        clean=(
            "CREATE TABLE p (id int) PARTITION BY LIST (id); CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1)",
            "CREATE TABLE e (LIKE events INCLUDING DEFAULTS)",
        ),
    ),
    "detach-partition-not-concurrently": SQLCases(
        found=(
            "alter table public.events detach partition public.events_2024",
            "ALTER TABLE IF EXISTS logs DETACH PARTITION logs_rest",
        ),
        clean=(
            "ALTER TABLE IF EXISTS nothing DETACH PARTITION more",
            "CREATE TABLE p (id int) PARTITION BY LIST (id); CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);"
            " ALTER TABLE p DETACH PARTITION p1",
        ),
    ),
    "drop-index-not-concurrently": SQLCases(
        found=("DROP INDEX public.users_title_idx CASCADE", "DROP INDEX IF EXISTS users_title_idx, ready_at"),
        clean=(
            "DROP INDEX IF EXISTS public.nothing CASCADE",
            NEW + "CREATE INDEX i ON fresh (at); DROP INDEX public.i",
        ),
    ),
    "explicit-lock-table": SQLCases(
        found=("LOCK TABLE users IN EXCLUSIVE MODE NOWAIT", "lock users, orders in share mode"),
        clean=("LOCK TABLE users IN SHARE UPDATE EXCLUSIVE MODE", "LOCK TABLE users IN ACCESS SHARE MODE"),
    ),
    "fk-not-valid-on-partitioned": SQLCases(
        found=(
            "ALTER TABLE logs ADD FOREIGN KEY (id) REFERENCES users ON DELETE CASCADE",
            "ALTER TABLE public.logs ADD CONSTRAINT f FOREIGN KEY (id) REFERENCES public.users (id)",
        ),
        clean=(
            "ALTER TABLE events_2024 ADD CONSTRAINT f FOREIGN KEY (id) REFERENCES users (id) NOT VALID",
            "CREATE TABLE p (id int REFERENCES users (id)) PARTITION BY LIST (id)",
        ),
    ),
    "identifier-too-long": SQLCases(
        found=(f"CREATE SEQUENCE {'s' * 64}",),
        clean=(f"CREATE TABLE {'t' * 63} (id int)", f"ALTER TABLE users ADD COLUMN {'c' * 63} int"),
    ),
    "index-on-partitioned-parent": SQLCases(
        found=("CREATE UNIQUE INDEX i ON logs (id, at)", "CREATE INDEX i ON public.events USING brin (id)"),
        clean=("CREATE INDEX i ON ONLY logs (id)", "CREATE INDEX CONCURRENTLY i ON logs_rest (at)"),
    ),
    "inline-constraint-on-add-column": SQLCases(
        found=("ALTER TABLE users ADD COLUMN x int NOT NULL GENERATED ALWAYS AS (age) VIRTUAL",),
        clean=(
            "ALTER TABLE users ADD COLUMN x int GENERATED ALWAYS AS (age) VIRTUAL",
            "ALTER TABLE users ADD COLUMN x int, ADD CONSTRAINT c CHECK (x > 0) NOT VALID",
        ),
    ),
    "invalid-index-left-behind": SQLCases(
        found=(
            "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON users (name)",
            "create index concurrently if not exists i on public.orders (qty) where qty > 1",
        ),
        clean=(
            "CREATE UNIQUE INDEX CONCURRENTLY i ON users (name)",
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS users_title_idx ON users (title)",
        ),
    ),
    "lock-timeout-too-long": SQLCases(
        found=(
            "SET LOCAL lock_timeout = '2min'; ALTER TABLE users ADD x int",
            "SET lock_timeout TO 0; ALTER TABLE users ADD x int",
        ),
        clean=("SET LOCAL lock_timeout = '500ms'; ALTER TABLE users ADD x int", "SET statement_timeout = '1h'"),
    ),
    "mismatched-foreign-key-type": SQLCases(
        found=("CREATE TABLE t (u bigint REFERENCES users (id))",),
        clean=("CREATE TABLE t (u integer REFERENCES users (id))",),
    ),
    "mixed-ddl-and-dml": SQLCases(
        found=(
            "ALTER TABLE users ADD COLUMN x int; UPDATE users SET x = 1",
            "ALTER TABLE orders DROP COLUMN qty; DELETE FROM users WHERE id > 7",
        ),
        clean=("ALTER TABLE users DROP COLUMN note",),
        phase=Phase.CONTRACT,
    ),
    "primary-key-using-nullable-index": SQLCases(
        found=(
            "CREATE UNIQUE INDEX CONCURRENTLY i ON users (name); ALTER TABLE users ADD PRIMARY KEY USING INDEX i",
            "CREATE UNIQUE INDEX CONCURRENTLY i ON users (score); ALTER TABLE users ADD PRIMARY KEY USING INDEX i",
        ),
        clean=(
            "CREATE UNIQUE INDEX CONCURRENTLY i ON ready (id); ALTER TABLE ready ADD PRIMARY KEY USING INDEX i",
            "CREATE UNIQUE INDEX CONCURRENTLY i ON users (score); ALTER TABLE users ADD UNIQUE USING INDEX i",
        ),
        phase=Phase.CONTRACT,
    ),
    "refresh-matview-not-concurrently": SQLCases(
        found=("REFRESH MATERIALIZED VIEW public.totals WITH DATA", "BEGIN; REFRESH MATERIALIZED VIEW totals; COMMIT"),
        clean=(
            "REFRESH MATERIALIZED VIEW CONCURRENTLY public.totals",
            "CREATE MATERIALIZED VIEW m AS SELECT 1 AS one; REFRESH MATERIALIZED VIEW m",
        ),
    ),
    "reindex-not-concurrently": SQLCases(
        found=("REINDEX (VERBOSE) TABLE users",),
        clean=("REINDEX (CONCURRENTLY, VERBOSE) TABLE users", "REINDEX SCHEMA CONCURRENTLY public"),
    ),
    "set-access-method": SQLCases(
        found=("ALTER TABLE public.users SET ACCESS METHOD columnar", "ALTER TABLE orders SET ACCESS METHOD other"),
        clean=("ALTER TABLE users SET (fillfactor = 80)", "CREATE TABLE t (id int) USING columnar"),
    ),
    "set-logged-unlogged": SQLCases(
        found=("ALTER TABLE orders SET UNLOGGED, ADD COLUMN x int", "ALTER TABLE scratch SET LOGGED"),
        clean=(
            "ALTER TABLE ONLY public.orders SET LOGGED",
            "ALTER TABLE scratch SET UNLOGGED",
            "CREATE UNLOGGED TABLE t (id int); ALTER TABLE t SET LOGGED",
            "ALTER SEQUENCE numbers SET LOGGED",
        ),
    ),
    "set-not-null-scan": SQLCases(
        found=("ALTER TABLE users ALTER note SET NOT NULL, ADD COLUMN x int",),
        clean=(
            "ALTER TABLE users ALTER age SET NOT NULL",
            "CREATE TABLE t (id int); ALTER TABLE t ALTER id SET NOT NULL",
        ),
    ),
    "set-tablespace": SQLCases(
        found=("ALTER INDEX users_title_idx SET TABLESPACE fast", "ALTER TABLE users SET TABLESPACE fast, ADD x int"),
        clean=("CREATE TABLE t (id int) TABLESPACE fast", "SET default_tablespace = fast"),
    ),
    "toggle-trigger-lock": SQLCases(
        found=("ALTER TABLE users DISABLE RULE r", "ALTER TABLE users ENABLE ALWAYS TRIGGER t"),
        clean=("ALTER TRIGGER t ON users DEPENDS ON EXTENSION citext", NEW + "ALTER TABLE fresh DISABLE TRIGGER USER"),
    ),
    "vacuum-full-or-cluster": SQLCases(
        found=("VACUUM (FULL on, ANALYZE) users",),
        clean=("VACUUM (FULL false) users", "VACUUM (FULL 0, ANALYZE) users"),
    ),
    "validate-in-same-transaction": SQLCases(
        found=(
            "BEGIN; ALTER TABLE users ADD CONSTRAINT c CHECK (age > 0) NOT VALID;"
            " ALTER TABLE users VALIDATE CONSTRAINT c; COMMIT",
            "ALTER TABLE users ADD CONSTRAINT c NOT NULL score NOT VALID; ALTER TABLE users VALIDATE CONSTRAINT c",
        ),
        clean=(
            "BEGIN; ALTER TABLE users ADD CONSTRAINT c CHECK (age > 0) NOT VALID; COMMIT;"
            " ALTER TABLE users VALIDATE CONSTRAINT c",
            "ALTER TABLE users VALIDATE CONSTRAINT users_code_check",
        ),
    ),
}
