"""Cases of the rules on locks, rows and whole statements."""

from __future__ import annotations

from tests.unit.check.cases import NEW, Cases, sql

CASES = {
    "create-index-not-concurrently": Cases(
        found=(
            sql("CREATE INDEX ix ON users (age)"),
            sql("CREATE UNIQUE INDEX ix ON users (age)"),
            'op.get_bind().execute(sa.text("CREATE INDEX ix ON users (lower(name))"))',
        ),
        clean=(
            'op.create_index("ix", "users", ["age"])',
            'op.add_column("users", sa.Column("x", sa.Integer, index=True))',
            NEW + 'op.create_index("ix", "t", ["a"])',
            "with op.get_context().autocommit_block():\n"
            '    op.create_index("ix", "users", ["age"], postgresql_concurrently=True)',
            'op.create_table("t", sa.Column("id", sa.Integer, index=True))',
        ),
    ),
    "concurrently-in-transaction": Cases(
        found=(
            'op.create_index("ix", "users", ["age"], postgresql_concurrently=True)',
            'op.drop_index("ix_users_name", "users", postgresql_concurrently=True)',
            sql("CREATE INDEX CONCURRENTLY ix ON users (age)"),
        ),
        clean=(
            "with op.get_context().autocommit_block():\n"
            '    op.create_index("ix", "users", ["age"], postgresql_concurrently=True)',
            'op.create_index("ix", "users", ["age"])',
            "with op.get_context().autocommit_block():\n    " + sql("DROP INDEX CONCURRENTLY ix"),
        ),
    ),
    "unbatched-backfill": Cases(
        found=(
            sql("UPDATE users SET name = 'x'"),
            'op.get_bind().execute(sa.delete(sa.table("users")))',
            "for id in op.get_bind().scalars(sa.text('SELECT id FROM posts')):\n"
            "    op.bulk_insert(sa.table('users', sa.column('id')), [{'id': id}])",
            "rows = op.get_bind().execute(sa.text('SELECT id FROM posts'))\n"
            "op.bulk_insert(sa.table('users', sa.column('id')), [{'id': one.id} for one in rows])",
            "bind = op.get_bind()\nfor one in bind.execute(sa.text('SELECT id FROM posts')):\n"
            "    bind.execute(sa.text('INSERT INTO users (id) VALUES (:id)'), {'id': one.id})",
            "bind = op.get_bind()\nfor one in bind.execute(sa.text('SELECT id FROM posts')):\n"
            "    bind.execute(sa.text(\"INSERT INTO users (name) VALUES ('x')\"))",
            'op.execute(sa.insert(sa.table("users", sa.column("id"))).from_select(["id"], sa.select(sa.column("a"))))',
            sql("WITH gone AS (DELETE FROM users RETURNING id) SELECT * FROM gone"),
            sql("COPY users FROM STDIN"),
            sql("MERGE INTO users USING posts ON true WHEN MATCHED THEN DELETE"),
            sql("EXPLAIN ANALYZE DELETE FROM users"),
        ),
        clean=(
            NEW + 'op.bulk_insert(sa.table("t", sa.column("id")), [{"id": 1}])',
            'op.bulk_insert(sa.table("users", sa.column("id")), [{"id": 1}, {"id": 2}])',
            'for id in (1, 2):\n    op.execute(sa.insert(sa.table("users", sa.column("id"))).values(id=id))',
            NEW + sql("INSERT INTO t SELECT id, age FROM users"),
            NEW + sql("UPDATE t SET a = users.age FROM users"),
        ),
    ),
    "opaque-sql": Cases(
        found=(
            sql("DO $$ BEGIN EXECUTE 'DROP TABLE ' || (SELECT max(name) FROM users); END $$"),
            sql("DO $$ BEGIN PERFORM cleanup(); END $$"),
            sql("DO LANGUAGE plpython3u $$ plpy.execute('x') $$"),
            sql("CALL cleanup()"),
            sql("SELECT drop_everything()"),
            sql("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'DELETE FROM users RETURNING 1'")
            + "\n"
            + sql("SELECT f()"),
            sql("this is no SQL"),
            sql("SET search_path = other"),
            sql("ALTER TABLE users ALTER COLUMN age SET EXPRESSION AS (1)"),
            sql("ALTER SYSTEM SET work_mem = '1GB'"),
            sql("EXPLAIN ANALYZE SELECT drop_everything()"),
            "op.get_bind().execute(sa.select(sa.func.drop_everything()))",
        ),
        clean=(
            sql("SELECT count(*), lower('DO $$ $$') FROM users"),
            sql("SET LOCAL lock_timeout = '2s'"),
            sql("COMMENT ON TABLE users IS 'CALL cleanup()'"),
            sql("ANALYZE users"),
            sql("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'DELETE FROM users RETURNING 1'"),
            sql("GRANT SELECT ON users TO app"),
        ),
    ),
    "trigger-on-existing-table": Cases(
        found=(
            sql("CREATE TRIGGER t BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION f()"),
            sql("create or replace trigger t after delete on app.users execute function f()"),
            sql("CREATE CONSTRAINT TRIGGER t AFTER INSERT ON users FOR EACH ROW EXECUTE FUNCTION f()"),
        ),
        clean=(
            NEW + sql("CREATE TRIGGER x BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()"),
            sql("SELECT 'CREATE TRIGGER t BEFORE INSERT ON users'"),
            NEW,
        ),
    ),
    "revoke-privilege": Cases(
        found=(
            sql("REVOKE SELECT ON users FROM app"),
            sql("ALTER TABLE users OWNER TO nobody"),
            sql("REVOKE admin FROM app"),
        ),
        clean=(
            sql("GRANT SELECT ON users TO app"),
            NEW + sql("REVOKE ALL ON t FROM public"),
            NEW + sql("ALTER TABLE t OWNER TO app"),
        ),
    ),
    "transaction-control-in-migration": Cases(
        found=(
            sql("START TRANSACTION"),
            sql("COMMIT"),
            sql("BEGIN; SELECT 1; COMMIT"),
            sql("ROLLBACK"),
            "op.get_bind().commit()",
        ),
        clean=(
            sql("SELECT 'commit'"),
            sql("SAVEPOINT b; ROLLBACK TO SAVEPOINT b"),
            "with op.get_bind().begin_nested():\n    " + sql("COMMENT ON TABLE users IS 'x'"),
            sql("SAVEPOINT a; RELEASE SAVEPOINT a"),
            "with op.get_context().autocommit_block():\n    " + sql("ANALYZE users"),
        ),
    ),
    "explicit-lock-table": Cases(
        found=(sql("LOCK TABLE users"), sql("LOCK users IN SHARE MODE"), NEW + sql("LOCK TABLE t, users")),
        clean=(NEW + sql("LOCK TABLE t"), sql("SELECT 'LOCK TABLE users'"), NEW),
    ),
}
