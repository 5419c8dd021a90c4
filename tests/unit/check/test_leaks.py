"""The ways around a check that real projects merged: each is found."""

from __future__ import annotations

import pytest

from migrator.check.rule import Family
from migrator.model.phase import Phase
from tests.unit.check.history import HEAD_LINES, assert_clean, assert_found, judged, rules_of

DROPS_A_COLUMN = {
    "a batch": 'with op.batch_alter_table("users") as batch:\n    batch.drop_column("name")',
    "op.execute of text": 'op.execute("ALTER TABLE users DROP COLUMN name")',
    "op.execute of sa.text": 'op.execute(sa.text("ALTER TABLE users DROP COLUMN name"))',
    "op.execute of sa.DDL": 'op.execute(sa.DDL("ALTER TABLE users DROP COLUMN name"))',
    "many statements in one": 'op.execute("SELECT 1; ALTER TABLE users DROP COLUMN name; SELECT 2")',
    "get_bind().execute": 'op.get_bind().execute(sa.text("ALTER TABLE users DROP COLUMN name"))',
    "exec_driver_sql": 'op.get_bind().exec_driver_sql("ALTER TABLE users DROP COLUMN name")',
    "a raw cursor": 'op.get_bind().connection.cursor().execute("ALTER TABLE users DROP COLUMN name")',
    "a connection of the engine": (
        'with op.get_bind().engine.connect() as c:\n    c.exec_driver_sql("ALTER TABLE users DROP COLUMN name")'
    ),
    "a session": (
        "from sqlalchemy.orm import Session\n"
        'with Session(op.get_bind()) as session:\n    session.execute(sa.text("ALTER TABLE users DROP COLUMN name"))'
    ),
    "Operations.invoke": ('from alembic.operations.ops import DropColumnOp\nop.invoke(DropColumnOp("users", "name"))'),
    "from alembic.op import": 'from alembic.op import drop_column\ndrop_column("users", "name")',
    "Operations of its own": (
        'from alembic.operations import Operations\nOperations(op.get_context()).drop_column("users", "name")'
    ),
    "the implementation": 'op.get_context().impl.drop_column("users", sa.Column("name"))',
    "the context": 'op.get_context().execute("ALTER TABLE users DROP COLUMN name")',
    "an autocommit block": (
        'with op.get_context().autocommit_block():\n    op.execute("ALTER TABLE users DROP COLUMN name")'
    ),
    "getattr": 'getattr(op, "drop_" + "column")("users", "name")',
    "a helper": 'def helper(table):\n    op.drop_column(table, "name")\nhelper("users")',
    "a comment before it": 'op.execute("/* harmless */ -- really\\n ALTER TABLE users DROP COLUMN name")',
    "a quoted name": 'op.execute(\'ALTER TABLE "users" DROP COLUMN "name"\')',
    "a table made if missing": (
        'op.create_table("users", sa.Column("id", sa.Integer), if_not_exists=True)\nop.drop_column("users", "name")'
    ),
    "a table made by checkfirst": (
        'sa.Table("users", sa.MetaData(), sa.Column("id", sa.Integer)).create(op.get_bind(), checkfirst=True)\n'
        'op.drop_column("users", "name")'
    ),
}


@pytest.mark.parametrize("code", DROPS_A_COLUMN.values(), ids=DROPS_A_COLUMN)
def test_a_dropped_column_is_found_whichever_way_it_goes(code: str) -> None:
    assert_found("drop-column", code)


@pytest.mark.parametrize("dialect", ["mysql", "mariadb", "sqlite"])
@pytest.mark.parametrize("way", ["a batch", "op.execute of text", "get_bind().execute", "a raw cursor", "the context"])
def test_on_every_server(way: str, dialect: str) -> None:
    assert_found("drop-column", DROPS_A_COLUMN[way], dialect)


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("drop-table", 'sa.Table("users", sa.MetaData()).drop(op.get_bind(), checkfirst=True)'),
        ("drop-table", 'sa.Table("unknown", sa.MetaData()).drop(op.get_bind(), checkfirst=True)'),
        ("drop-table", 'm = sa.MetaData(); sa.Table("users", m); m.drop_all(op.get_bind())'),
        ("rename-table", 'op.rename_table("users", "people")'),
        ("rename-column", 'op.alter_column("users", "name", new_column_name="n")'),
        ("change-column-type", 'op.execute("ALTER TABLE users ALTER age TYPE bigint")'),
        ("add-unique-old-writers", 'op.create_index("u", "users", ["name"], unique=True)'),
        ("add-column-not-null-no-default", 'op.add_column("users", sa.Column("x", sa.Text, nullable=False))'),
        ("unbatched-backfill", 'op.execute("DELETE FROM users WHERE id < 10")'),
        ("unbatched-backfill", 'op.execute(sa.table("users", sa.column("name")).update().values(name="x"))'),
        (
            "unbatched-backfill",
            't = sa.table("users", sa.column("id"))\n'
            'op.get_bind().execute(sa.select(sa.delete(t).returning(t.c.id).cte("gone").c.id))',
        ),
        (
            "add-unique-old-writers",
            'with op.batch_alter_table("users", table_args=[sa.UniqueConstraint("name")]) as batch:\n    pass',
        ),
    ],
)
def test_what_bans_forget_is_found(rule: str, code: str) -> None:
    assert_found(rule, code)


@pytest.mark.parametrize(
    "code",
    [
        'op.execute("/*!50003 DROP TABLE users */")',
        'op.execute("UPDATE t /*! , users */ SET a = 1")',
    ],
)
def test_comments_that_the_server_runs_are_not_taken_for_comments(code: str) -> None:
    assert_found("opaque-sql", code, "mysql")


@pytest.mark.parametrize(
    "text",
    [
        "REPLACE INTO t VALUES (1) -- don't\n; DROP TABLE users",
        "RENAME TABLE t TO u /* ' */; DROP TABLE users",
        "SHOW TABLES -- don't\n; DROP TABLE users",
        "CALL p('it\\'s'); DROP TABLE users",
    ],
)
def test_nothing_hides_behind_a_quote_in_a_comment(text: str) -> None:
    code = f'op.execute("CREATE TABLE t (a int)"); op.execute({text!r})'
    assert set(rules_of(judged(code, "mysql"))) & {"drop-table", "opaque-sql"}


def test_an_update_over_a_join_counts_for_every_table_in_it() -> None:
    code = 'op.execute("CREATE TABLE t (a int)"); op.execute("UPDATE t JOIN users ON true SET users.name = 1")'
    assert "users" in assert_found("unbatched-backfill", code, "mysql").message


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 'DROP TABLE users; DELETE FROM users'",
        "SELECT 1 -- DROP TABLE users",
        "/* DROP TABLE users; */ SELECT 1",
        'SELECT 1 AS "DROP TABLE users"',
    ],
)
@pytest.mark.parametrize("dialect", ["postgresql", "mysql", "sqlite"])
def test_comments_literals_and_names_fool_nobody(text: str, dialect: str) -> None:
    assert_clean(f"op.execute({text!r})", dialect)


def test_dollar_quotes_fool_nobody() -> None:
    assert_clean('op.execute("SELECT $$ ; DROP TABLE users; $$")')
    assert_found("drop-table", 'op.execute("SELECT $$ a $$; DROP TABLE users; SELECT $$ b $$")')


def test_a_finding_is_at_the_revisions_own_line() -> None:
    code = 'for name in ["name", "age"]:\n    op.add_column("posts", sa.Column(name, sa.Text))\n'
    code += '    op.drop_column("users", name)'
    lines = [one.line for one in judged(code) if one.rule == "drop-column"]
    assert lines == [HEAD_LINES + 3, HEAD_LINES + 3]


def test_a_batch_gives_each_operation_its_own_line() -> None:
    code = 'with op.batch_alter_table("users") as b:\n    b.drop_column("name")\n    b.drop_constraint("ck_users_age")'
    for dialect in ("postgresql", "sqlite"):
        lines = {one.rule: one.line for one in judged(code, dialect)}
        assert lines == {"drop-column": HEAD_LINES + 2, "drop-constraint": HEAD_LINES + 3}


@pytest.mark.parametrize("phase", [Phase.EXPAND, Phase.CONTRACT])
def test_a_batch_is_judged_by_what_its_statements_do(phase: Phase) -> None:
    code = """
    with op.batch_alter_table("users") as b:
        b.alter_column("name", type_=sa.String(200))
        b.alter_column(
            "age", type_=sa.BigInteger()
        )
        b.create_index("ix_users_age", ["age"])
    """
    found = [one for one in judged(code, phase=phase) if one.rule == "change-column-type-rewrite"]
    assert [(one.line, one.statement) for one in found] == [
        (HEAD_LINES + 3, "ALTER TABLE users ALTER COLUMN age TYPE BIGINT")
    ]


def test_what_is_allowed_inside_a_batch_is_allowed_to_that_operation_alone() -> None:
    code = """
    with op.batch_alter_table("users") as b:
        with migrator.allow("drop-column", reason="nobody reads it"):
            b.drop_column("name")
        b.drop_column("email")
    """
    assert [one.line for one in judged(code) if one.rule == "drop-column"] == [HEAD_LINES + 4]


def test_a_primary_key_that_is_built_online_breaks_old_code_and_locks_nothing() -> None:
    online = assert_found("add-primary-key-builds-index", 'op.create_primary_key("pk", "users", ["email"])')
    text = 'op.execute("ALTER TABLE users ADD PRIMARY KEY (email)")'
    assert online.family == Family.OLD_CODE
    assert "lock" not in online.message
    assert assert_found("add-primary-key-builds-index", text).family == Family.LOCK


@pytest.mark.parametrize("dialect", ["mysql", "mariadb"])
def test_a_modify_that_omits_the_default_loses_it(dialect: str) -> None:
    lost = 'op.alter_column("users", "age", nullable=True, existing_type=sa.Integer())'
    kept = 'op.alter_column("users", "age", nullable=True, existing_type=sa.Integer(), existing_server_default="0")'
    assert "lost" in assert_found("drop-default", lost, dialect).message
    assert_clean(kept, dialect, rule="drop-default")
    assert_found("drop-default", 'op.alter_column("users", "age", comment="x", existing_type=sa.Integer())', dialect)
    assert_clean(lost, "postgresql", rule="drop-default")


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("rename-table", "RENAME TABLE users TO people"),
        ("rename-table", "ALTER TABLE users RENAME TO people"),
        ("rename-column", "ALTER TABLE users CHANGE name full_name varchar(100)"),
        ("change-column-type", "ALTER TABLE users MODIFY name text"),
        ("add-unique-old-writers", "ALTER TABLE users ADD UNIQUE KEY u (name)"),
        ("constraint-rejects-old-writes", "ALTER TABLE users ADD CHECK (age > 3)"),
        ("constraint-rejects-old-writes", "ALTER TABLE posts ADD FOREIGN KEY (id) REFERENCES users (id)"),
        ("drop-constraint", "ALTER TABLE posts DROP FOREIGN KEY fk_posts_user"),
        ("drop-index-old-queries", "ALTER TABLE users DROP INDEX ix_users_name"),
        ("drop-default", "ALTER TABLE users ALTER age DROP DEFAULT"),
        ("add-column-not-null-no-default", "ALTER TABLE users ADD x int NOT NULL"),
        ("unbatched-backfill", "REPLACE INTO users (id) VALUES (1)"),
        ("unbatched-backfill", "LOAD DATA INFILE 'x' INTO TABLE users"),
        ("unbatched-backfill", "DELETE users FROM users JOIN posts ON true"),
        ("truncate-table", "TRUNCATE users"),
        ("explicit-lock-table", "LOCK TABLES users WRITE"),
        ("trigger-on-existing-table", "CREATE TRIGGER t BEFORE INSERT ON users FOR EACH ROW SET NEW.age = 1"),
        ("transaction-control-in-migration", "START TRANSACTION"),
        ("opaque-sql", "CALL cleanup()"),
        ("opaque-sql", "EXECUTE s"),
        ("opaque-sql", "SET foreign_key_checks = 0"),
        ("mysql-change-engine", "ALTER TABLE users ENGINE = InnoDB"),
        ("mysql-convert-charset", "ALTER TABLE users CONVERT TO CHARACTER SET utf8mb4"),
    ],
)
@pytest.mark.parametrize("dialect", ["mysql", "mariadb"])
def test_text_of_mysql_is_read(rule: str, text: str, dialect: str) -> None:
    assert_found(rule, f"op.execute({text!r})", dialect)


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("rename-table", "ALTER TABLE users RENAME TO people"),
        ("rename-column", "ALTER TABLE users RENAME COLUMN name TO n"),
        ("add-unique-old-writers", "CREATE UNIQUE INDEX u ON users (name)"),
        ("drop-trigger", "DROP TRIGGER t"),
        ("trigger-on-existing-table", "CREATE TRIGGER t AFTER INSERT ON users BEGIN DELETE FROM posts; END"),
        ("unbatched-backfill", "INSERT OR REPLACE INTO users (id) VALUES (1)"),
        ("opaque-sql", "PRAGMA foreign_keys = OFF"),
        ("opaque-sql", "VACUUM"),
    ],
)
def test_text_of_sqlite_is_read(rule: str, text: str) -> None:
    assert_found(rule, f"op.execute({text!r})", "sqlite")


@pytest.mark.parametrize(
    "text",
    [
        "ALTER TABLE users ADD COLUMN x int, ADD COLUMN y varchar(20) DEFAULT 'a', ALGORITHM=INSTANT",
        "CREATE TABLE t (a int); INSERT INTO t VALUES (1); DROP TABLE t",
        "ALTER TABLE users ADD INDEX i (name)",
        "SET SESSION lock_wait_timeout = 2",
        "CREATE VIEW v AS SELECT id FROM users",
    ],
)
def test_harmless_text_of_mysql_passes(text: str) -> None:
    assert_clean(f"op.execute({text!r})", "mysql")


def test_a_revision_with_many_faults_shows_them_all() -> None:
    code = 'op.drop_table("posts")\nop.execute("UPDATE users SET age = 1")\nop.rename_table("users", "u")'
    assert rules_of(judged(code)) == ["drop-table", "rename-table", "unbatched-backfill"]
