"""Cases of the rules on what goes away or gets another name."""

from __future__ import annotations

from tests.unit.check.cases import NEW, Cases, sql

CASES = {
    "drop-table": Cases(
        found=(
            'op.drop_table("users")',
            sql("drop table if exists users cascade"),
            'sa.Table("users", sa.MetaData()).drop(op.get_bind())',
            'op.create_table("users", sa.Column("id", sa.Integer), if_not_exists=True); op.drop_table("users")',
        ),
        clean=(NEW + 'op.drop_table("t")', sql("-- drop table users"), 'op.create_table("drop_table_users")'),
    ),
    "drop-column": Cases(
        found=(
            'op.drop_column("users", "name")',
            sql("ALTER TABLE users DROP COLUMN name"),
            'with op.batch_alter_table("users") as batch:\n    batch.drop_column("name")',
        ),
        clean=(
            'op.add_column("users", sa.Column("x", sa.Integer)); op.drop_column("users", "x")',
            NEW + 'op.drop_column("t", "a")',
            sql("ALTER TABLE users ADD COLUMN \"drop column\" text DEFAULT 'drop column name'"),
        ),
    ),
    "drop-schema": Cases(
        found=(
            sql("DROP SCHEMA app CASCADE"),
            'op.get_bind().execute(sa.schema.DropSchema("app"))',
            'op.execute(sa.schema.DropSchema("app"))',
        ),
        clean=(
            sql("CREATE SCHEMA app"),
            sql("CREATE SCHEMA app; DROP SCHEMA app"),
            'op.execute(sa.schema.CreateSchema("app")); op.execute(sa.schema.DropSchema("app"))',
        ),
    ),
    "drop-database": Cases(
        found=(sql("DROP DATABASE shop"), sql("drop database if exists shop"), sql("SELECT 1; DROP DATABASE shop")),
        clean=(sql("SELECT 'DROP DATABASE shop'"), sql("/* DROP DATABASE shop */ SELECT 1"), NEW),
    ),
    "truncate-table": Cases(
        found=(sql("TRUNCATE users"), sql("truncate table only users, posts cascade"), NEW + sql("TRUNCATE t, users")),
        clean=(NEW + sql("TRUNCATE t"), sql("SELECT 'truncate users'"), NEW),
    ),
    "drop-view": Cases(
        found=(
            sql("DROP VIEW active"),
            sql("drop view if exists active cascade"),
            sql("CREATE OR REPLACE VIEW active AS SELECT 1; DROP VIEW active"),
        ),
        clean=(
            sql("CREATE VIEW active AS SELECT 1"),
            sql("CREATE VIEW active AS SELECT 1; DROP VIEW active"),
            sql("COMMENT ON VIEW active IS 'drop view'"),
        ),
    ),
    "drop-materialized-view": Cases(
        found=(
            sql("DROP MATERIALIZED VIEW sums"),
            sql("drop materialized view if exists a.sums"),
            sql("CREATE MATERIALIZED VIEW IF NOT EXISTS sums AS SELECT 1; DROP MATERIALIZED VIEW sums"),
        ),
        clean=(
            sql("CREATE MATERIALIZED VIEW sums AS SELECT 1"),
            sql("CREATE MATERIALIZED VIEW sums AS SELECT 1; DROP MATERIALIZED VIEW sums"),
            NEW,
        ),
    ),
    "drop-type": Cases(
        found=(
            sql("DROP TYPE mood"),
            sql("DROP DOMAIN positive"),
            'sa.Enum("a", name="mood").drop(op.get_bind())',
        ),
        clean=(
            sql("CREATE TYPE mood AS ENUM ('a'); DROP TYPE mood"),
            'sa.Enum("a", name="mood").create(op.get_bind())',
            sql("ALTER TYPE mood ADD VALUE 'b'"),
        ),
    ),
    "drop-sequence": Cases(
        found=(
            sql("DROP SEQUENCE numbers"),
            'op.execute(sa.schema.DropSequence(sa.Sequence("numbers")))',
            'sa.Sequence("numbers").drop(op.get_bind())',
        ),
        clean=(
            sql("CREATE SEQUENCE numbers"),
            sql("CREATE SEQUENCE numbers; DROP SEQUENCE numbers"),
            'op.execute(sa.schema.CreateSequence(sa.Sequence("numbers")))',
        ),
    ),
    "drop-extension": Cases(
        found=(sql("DROP EXTENSION hstore"), sql("drop extension if exists hstore"), sql("DROP EXTENSION a, b")),
        clean=(sql("CREATE EXTENSION hstore"), sql("CREATE EXTENSION hstore; DROP EXTENSION hstore"), NEW),
    ),
    "drop-routine": Cases(
        found=(sql("DROP FUNCTION f(int)"), sql("drop procedure if exists p"), sql("DROP AGGREGATE total(int)")),
        clean=(sql("COMMENT ON FUNCTION f(int) IS 'x'"), sql("SELECT 'drop function f'"), NEW),
    ),
    "drop-trigger": Cases(
        found=(
            sql("DROP TRIGGER t ON users"),
            sql("drop trigger if exists t on users cascade"),
            sql("DROP TRIGGER t ON app.users"),
        ),
        clean=(
            NEW + sql("DROP TRIGGER x ON t"),
            sql("CREATE TRIGGER x BEFORE INSERT ON users EXECUTE FUNCTION f(); DROP TRIGGER x ON users"),
            NEW,
        ),
    ),
    "replace-table": Cases(
        found=(
            sql("CREATE OR REPLACE TABLE users (id int)"),
            sql("DROP TABLE IF EXISTS users; CREATE TABLE users (id int)"),
            'op.drop_table("users"); op.create_table("users", sa.Column("id", sa.Integer))',
            sql("CREATE OR REPLACE TABLE users LIKE orders"),
            sql("DROP TABLE users; CREATE TABLE IF NOT EXISTS users (id int)"),
        ),
        clean=(
            sql("CREATE TABLE t (id int)"),
            sql("CREATE TABLE IF NOT EXISTS users (id int)"),
            NEW + sql("CREATE OR REPLACE TABLE t (id int)"),
            sql("DROP TABLE users; CREATE TABLE accounts (id int)"),
            'op.create_table("users_2", sa.Column("id", sa.Integer))',
        ),
        dialect="mariadb",
    ),
    "rename-table": Cases(
        found=(
            'op.rename_table("users", "accounts")',
            sql("ALTER TABLE users RENAME TO accounts"),
            sql("ALTER TABLE users SET SCHEMA archive"),
        ),
        clean=(
            NEW + 'op.rename_table("t", "u")',
            NEW + 'op.rename_table("t", "u"); op.drop_table("u")',
            NEW + sql("ALTER TABLE t RENAME TO u"),
        ),
    ),
    "rename-column": Cases(
        found=(
            'op.alter_column("users", "name", new_column_name="full_name")',
            sql("ALTER TABLE users RENAME COLUMN name TO full_name"),
            'with op.batch_alter_table("users") as batch:\n    batch.alter_column("name", new_column_name="x")',
        ),
        clean=(
            NEW + 'op.alter_column("t", "a", new_column_name="b")',
            'op.add_column("users", sa.Column("x", sa.Integer)); op.alter_column("users", "x", new_column_name="y")',
            'op.alter_column("users", "name", new_column_name="name")',
        ),
    ),
    "rename-object": Cases(
        found=(
            sql("ALTER INDEX ix_users_name RENAME TO ix"),
            sql("ALTER TABLE users RENAME CONSTRAINT uq_users_email TO uq"),
            sql("ALTER VIEW active RENAME TO active_users"),
            sql("ALTER SEQUENCE numbers RENAME TO n"),
        ),
        clean=(
            sql("CREATE VIEW v AS SELECT 1; ALTER VIEW v RENAME TO w"),
            'op.create_index("ix", "users", ["age"])\n' + sql("ALTER INDEX ix RENAME TO iy"),
            NEW + sql("ALTER TABLE t RENAME CONSTRAINT t_pkey TO pk"),
        ),
    ),
    "rename-enum-value": Cases(
        found=(
            sql("ALTER TYPE mood RENAME VALUE 'ok' TO 'fine'"),
            sql("alter type app.mood rename value 'ok' to 'fine'"),
            sql("SELECT 1; ALTER TYPE mood RENAME VALUE 'a' TO 'b'"),
        ),
        clean=(
            sql("ALTER TYPE mood ADD VALUE IF NOT EXISTS 'fine'"),
            sql("CREATE TYPE mood AS ENUM ('a'); ALTER TYPE mood RENAME VALUE 'a' TO 'b'"),
            NEW,
        ),
    ),
}
