"""Cases of the rules about what a lock outlasts, what subscribers need, and functions that running code calls."""

from __future__ import annotations

from tests.unit.check.sql_history import SQLCases

CHILD = "CREATE TABLE marks (id int PRIMARY KEY, user_id int REFERENCES users (id));\n"
KEYLESS = "CREATE TABLE raw (id int);\n"

CASES = {
    "long-statement-under-lock": SQLCases(
        found=(
            CHILD + "INSERT INTO marks SELECT id, user_id FROM orders",
            CHILD + "CREATE TABLE copied AS SELECT * FROM orders",
            "BEGIN; ALTER TABLE users ADD COLUMN x int; SELECT count(*) FROM users; COMMIT",
            "ALTER TABLE users ADD COLUMN x int; SELECT * INTO copied FROM orders",
            "ALTER TABLE users ADD COLUMN x int; CREATE MATERIALIZED VIEW m AS SELECT id FROM orders",
            "ALTER TABLE users ADD COLUMN x int; ALTER TABLE orders VALIDATE CONSTRAINT orders_user",
            "BEGIN; ALTER TABLE users ADD x int; REFRESH MATERIALIZED VIEW CONCURRENTLY totals; COMMIT",
            "CREATE TRIGGER t BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION f();"
            " CREATE TABLE copied AS SELECT * FROM orders",
        ),
        clean=(
            CHILD + "INSERT INTO marks VALUES (1, NULL)",
            CHILD + "CREATE INDEX i ON marks (user_id); SELECT count(*) FROM marks",
            "BEGIN;" + CHILD + "COMMIT; INSERT INTO marks SELECT id, user_id FROM orders",
            "CREATE TABLE copied AS SELECT * FROM orders",
            "ALTER TABLE users ADD COLUMN x int; SELECT * FROM orders WHERE id = 1",
            "ALTER TABLE users ADD COLUMN x int; SELECT id FROM orders LIMIT 1",
            "ALTER TABLE users ADD COLUMN x int; CREATE TABLE copied AS SELECT * FROM orders WITH NO DATA",
            "ALTER TABLE users ADD COLUMN x int; SELECT relname FROM pg_class; SELECT 1",
            "ALTER TABLE users ADD COLUMN x int; COMMENT ON COLUMN users.x IS 'x'; ANALYZE users",
        ),
    ),
    "publish-without-key": SQLCases(
        found=(
            "CREATE PUBLICATION p FOR TABLE logs_2026",
            "CREATE PUBLICATION p FOR TABLE users, logs_2026",
            "ALTER PUBLICATION p ADD TABLE public.half",
            "CREATE PUBLICATION p FOR TABLE events",
            "CREATE PUBLICATION p FOR ALL TABLES",
            "ALTER TABLE users REPLICA IDENTITY NOTHING",
            "CREATE PUBLICATION p FOR TABLE users; ALTER TABLE users REPLICA IDENTITY NOTHING",
        ),
        clean=(
            "CREATE PUBLICATION p FOR TABLE users, orders",
            "CREATE PUBLICATION p FOR TABLE logs_2026 WITH (publish = 'insert')",
            "CREATE PUBLICATION p",
            "ALTER TABLE half REPLICA IDENTITY FULL; CREATE PUBLICATION p FOR TABLE half",
            "ALTER PUBLICATION p DROP TABLE half",
            KEYLESS + "CREATE PUBLICATION p FOR TABLE raw",
            "ALTER TABLE users REPLICA IDENTITY USING INDEX users_email_key",
        ),
    ),
    "replace-routine": SQLCases(
        found=(
            "CREATE OR REPLACE FUNCTION steady() RETURNS int LANGUAGE sql AS $$ SELECT 2 $$",
            "create or replace function public.steady() returns int language sql return 2",
            "CREATE OR REPLACE FUNCTION steady() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'no'; END $$",
            "CREATE OR REPLACE PROCEDURE steady() LANGUAGE sql AS $$ SELECT 2 $$",
            "BEGIN; CREATE OR REPLACE FUNCTION steady() RETURNS int LANGUAGE sql AS $$ SELECT 3 $$; COMMIT",
        ),
        clean=(
            "CREATE OR REPLACE FUNCTION other() RETURNS int LANGUAGE sql AS $$ SELECT 2 $$",
            "CREATE FUNCTION steady(a int) RETURNS int LANGUAGE sql AS $$ SELECT 2 $$",
            "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 2 $$;"
            " CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 3 $$",
            "CREATE OR REPLACE PROCEDURE p() LANGUAGE sql AS $$ DELETE FROM users $$",
            "COMMENT ON FUNCTION steady() IS 'CREATE OR REPLACE FUNCTION steady()'",
        ),
    ),
}
