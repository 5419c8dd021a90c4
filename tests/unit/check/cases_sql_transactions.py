"""Cases of the rules about locks, and about what a transaction of a file still holds."""

from __future__ import annotations

from migrator.model.phase import Phase
from tests.unit.check.sql_history import SQLCases

NEW = "CREATE TABLE fresh (id int, at date);\n"

CASES = {
    "access-exclusive-on-multiple-tables": SQLCases(
        found=(
            "ALTER TABLE users ADD COLUMN a int; ALTER TABLE orders ADD COLUMN b int",
            "BEGIN; ALTER TABLE users ADD COLUMN a int; ALTER TABLE orders ADD COLUMN b int; COMMIT",
            "ALTER TABLE users DROP COLUMN note; SELECT 1; ALTER TABLE orders DROP COLUMN qty",
        ),
        clean=(
            "ALTER TABLE users ADD COLUMN a int; ALTER TABLE users ADD COLUMN b int",
            "BEGIN; ALTER TABLE users ADD a int; COMMIT; BEGIN; ALTER TABLE orders ADD b int; COMMIT",
            NEW + "ALTER TABLE fresh ADD COLUMN a int; ALTER TABLE orders ADD COLUMN b int",
            "DROP TABLE orders; DROP TABLE users",
            "ALTER TABLE users ADD a int; CREATE INDEX CONCURRENTLY i ON users (name); ALTER TABLE orders ADD b int",
        ),
    ),
    "mixed-ddl-and-dml": SQLCases(
        phase=Phase.CONTRACT,
        found=(
            "ALTER TABLE users DROP COLUMN note; UPDATE orders SET qty = 0 WHERE qty IS NULL",
            "ALTER TABLE users DROP COLUMN note; DELETE FROM users WHERE age < 0",
            "BEGIN; ALTER TABLE orders DROP COLUMN qty; INSERT INTO users (id) VALUES (1); COMMIT",
        ),
        clean=(
            "UPDATE orders SET qty = 0 WHERE qty IS NULL; ALTER TABLE users DROP COLUMN note",
            "BEGIN; ALTER TABLE orders DROP COLUMN qty; COMMIT; UPDATE users SET age = 0 WHERE age < 0",
            NEW + "ALTER TABLE fresh ADD COLUMN x int; UPDATE users SET age = 0 WHERE age < 0",
            NEW + "ALTER TABLE users DROP COLUMN note; INSERT INTO fresh VALUES (1, NULL)",
        ),
    ),
    "enum-value-used-in-same-transaction": SQLCases(
        found=(
            "ALTER TYPE mood ADD VALUE 'lost'; ALTER TABLE users ALTER COLUMN note SET DEFAULT 'lost'",
            "BEGIN; ALTER TYPE mood ADD VALUE 'it''s'; UPDATE users SET note = 'it''s' WHERE id = 1; COMMIT",
            "ALTER TYPE mood ADD VALUE 'lost'; SELECT 'lost'::mood",
        ),
        clean=(
            "BEGIN; ALTER TYPE mood ADD VALUE 'lost'; COMMIT; SELECT 'lost'::mood",
            "ALTER TYPE mood ADD VALUE 'lost'; SELECT 'new'::mood",
            "ALTER TYPE mood ADD VALUE 'lost'; ALTER TYPE mood ADD VALUE 'found' AFTER 'lost'",
        ),
    ),
    "lock-timeout-too-long": SQLCases(
        found=("SET lock_timeout = 0", "SET LOCAL lock_timeout = '1min'", "SET lock_timeout TO 10001"),
        clean=("SET lock_timeout = '2s'", "SET lock_timeout TO DEFAULT", "SET statement_timeout = 0"),
    ),
    "invalid-index-left-behind": SQLCases(
        found=(
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON users (name)",
            "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON users (code)",
            "create index concurrently if not exists i on elsewhere (name)",
        ),
        clean=(
            "CREATE INDEX CONCURRENTLY i ON users (name)",
            "CREATE INDEX IF NOT EXISTS i ON users (name)",
            NEW + "CREATE INDEX IF NOT EXISTS i ON fresh (at)",
        ),
    ),
    "primary-key-using-nullable-index": SQLCases(
        phase=Phase.CONTRACT,
        found=(
            "ALTER TABLE users ADD CONSTRAINT pk PRIMARY KEY USING INDEX users_title_idx",
            "CREATE UNIQUE INDEX CONCURRENTLY u ON users (score); ALTER TABLE users ADD PRIMARY KEY USING INDEX u",
            "ALTER TABLE elsewhere ADD PRIMARY KEY USING INDEX unknown",
        ),
        clean=(
            "CREATE UNIQUE INDEX CONCURRENTLY u ON users (age); ALTER TABLE users ADD PRIMARY KEY USING INDEX u",
            "ALTER TABLE users ADD PRIMARY KEY (age)",
            "ALTER TABLE users ADD CONSTRAINT u UNIQUE USING INDEX users_title_idx",
        ),
    ),
    "drop-foreign-key-locks-parent": SQLCases(
        phase=Phase.CONTRACT,
        found=(
            "ALTER TABLE orders DROP CONSTRAINT orders_user",
            "ALTER TABLE orders DROP COLUMN user_id",
            "ALTER TABLE public.orders DROP CONSTRAINT IF EXISTS orders_user",
        ),
        clean=(
            "ALTER TABLE users DROP CONSTRAINT users_code_check",
            "ALTER TABLE orders DROP COLUMN qty",
            "CREATE TABLE t (id int REFERENCES users (id)); ALTER TABLE t DROP COLUMN id",
        ),
    ),
    "drop-table-with-foreign-keys": SQLCases(
        phase=Phase.CONTRACT,
        found=("DROP TABLE orders", "DROP TABLE IF EXISTS public.orders", "SELECT 1; DROP TABLE events_2024, orders"),
        clean=(
            "DROP TABLE events_2024",
            "ALTER TABLE orders DROP CONSTRAINT orders_user; DROP TABLE orders",
            "CREATE TABLE t (id int REFERENCES users (id)); DROP TABLE t",
        ),
    ),
}
