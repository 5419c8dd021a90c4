"""The recorder: what it sees, what it answers, what it says of what it could not see."""

from __future__ import annotations

import sys

import pytest
import sqlalchemy as sa

from migrator.model import operation as o
from migrator.scripts.recorder import record_history
from tests.unit.check.history import HEAD_LINES, assert_clean, assert_found, history, judged, record, rules_of

ALL = ("postgresql", "mysql", "mariadb", "sqlite")
SERVERS = ALL[:3]


def operations(code: str, dialect: str = "postgresql", **options: object) -> list[o.Operation]:
    return [one for item in record(code, dialect, **options).items for one in item.operations]


@pytest.mark.parametrize("dialect", ALL)
def test_a_recording_holds_operations_statements_and_lines(dialect: str) -> None:
    recording = record('op.add_column("users", sa.Column("x", sa.Integer))', dialect)
    (item,) = recording.items
    assert item.line == HEAD_LINES + 1
    assert item.file == "change.py"
    assert recording.statements == ("ALTER TABLE users ADD COLUMN x INTEGER",)
    assert item.operations == (
        o.AddColumn(table="users", column=o.ColumnSpec(name="x", type="INTEGER", nullable=True)),
    )


def test_statements_carry_literal_values_where_they_can_be_written() -> None:
    code = 't = op.create_table("t", sa.Column("id", sa.Integer), sa.Column("a", sa.Text))\n'
    code += 'op.bulk_insert(t, [{"id": 1, "a": "it\'s"}, {"id": 2, "a": None}])\n'
    code += 'op.execute(t.update().where(t.c.id == 1).values(a="b"))'
    assert record(code).statements[1:] == (
        "INSERT INTO t (id, a) VALUES (1, 'it''s')",
        "INSERT INTO t (id, a) VALUES (2, NULL)",
        "UPDATE t SET a='b' WHERE t.id = 1",
    )


def test_a_finding_shows_no_value() -> None:
    found = assert_found("unbatched-backfill", "op.execute(\"UPDATE users SET name = 'canary-7'\")")
    assert "canary-7" not in repr(found)


@pytest.mark.parametrize("dialect", SERVERS)
def test_reflection_sees_what_the_history_made(dialect: str) -> None:
    code = """
    inspector = sa.inspect(op.get_bind())
    assert inspector.has_table("users") and not inspector.has_table("nobody")
    assert [c["name"] for c in inspector.get_columns("users")] == ["id", "name", "email", "age"]
    assert inspector.get_pk_constraint("users")["constrained_columns"] == ["id"]
    assert {i["name"] for i in inspector.get_indexes("users")} >= {"ix_users_name"}
    assert [f["referred_table"] for f in inspector.get_foreign_keys("posts")] == ["users"]
    users = sa.Table("users", sa.MetaData(), autoload_with=op.get_bind())
    assert users.c.email.nullable is False and isinstance(users.c.name.type, sa.String)
    """
    recording = record(code, dialect)
    assert recording.error is None
    assert not recording.unfollowed


@pytest.mark.parametrize(
    ("dialect", "foreign", "unique"),
    [
        ("postgresql", "t_user_id_fkey", "t_a_b_key"),
        ("mysql", "t_ibfk_1", "a"),
        ("mariadb", "t_ibfk_1", "a"),
        ("sqlite", None, None),
    ],
)
def test_nameless_constraints_have_the_names_that_the_server_gives(
    dialect: str, foreign: str | None, unique: str | None
) -> None:
    code = f"""
    op.create_table("t", sa.Column("user_id", sa.Integer, sa.ForeignKey("users.id")),
        sa.Column("a", sa.String(9)), sa.Column("b", sa.String(9)), sa.UniqueConstraint("a", "b"))
    inspector = sa.inspect(op.get_bind())
    assert [one["name"] for one in inspector.get_foreign_keys("t")] == [{foreign!r}]
    assert [one["name"] for one in inspector.get_unique_constraints("t")] == [{unique!r}]
    """
    assert record(code, dialect).error is None


def test_a_long_name_is_cut_as_the_server_does() -> None:
    code = """
    op.create_table("t" * 40, sa.Column("c" * 40, sa.Integer, sa.ForeignKey("users.id")))
    (key,) = sa.inspect(op.get_bind()).get_foreign_keys("t" * 40)
    assert key["name"] == "t" * 29 + "_" + "c" * 28 + "_fkey", key["name"]
    """
    assert record(code).error is None


def test_reflection_follows_every_change() -> None:
    before = """
    op.create_table("t", sa.Column("id", sa.Integer, primary_key=True), sa.Column("a", sa.String(10)))
    op.add_column("t", sa.Column("b", sa.Integer))
    op.alter_column("t", "a", new_column_name="c", type_=sa.Text(), nullable=False)
    op.drop_column("t", "b")
    op.rename_table("t", "u")
    op.create_unique_constraint("uq", "u", ["c"])
    op.execute("ALTER TABLE u ADD COLUMN d varchar(7)")
    op.execute("CREATE TABLE v (x int, y text NOT NULL)")
    """
    code = """
    inspector = sa.inspect(op.get_bind())
    assert sorted(inspector.get_table_names()) == ["u", "v"]
    assert [c["name"] for c in inspector.get_columns("u")] == ["id", "c", "d"]
    assert inspector.get_columns("u")[1]["nullable"] is False
    assert inspector.get_unique_constraints("u")[0]["column_names"] == ["c"]
    assert [c["nullable"] for c in inspector.get_columns("v")] == [True, False]
    """
    assert record(code, before=before).error is None


def test_what_the_history_tells_decides_and_what_it_did_is_judged() -> None:
    code = """
    columns = [c["name"] for c in sa.inspect(op.get_bind()).get_columns("users")]
    if "name" in columns:
        op.drop_column("users", "name")
    """
    assert rules_of(judged(code)) == ["drop-column"]


@pytest.mark.parametrize(
    "question",
    [
        "sa.inspect(op.get_bind()).has_table('strange')",
        "op.get_bind().execute(sa.text('SELECT 1 FROM users')).scalar()",
        "op.get_bind().scalar(sa.select(sa.func.count()).select_from(sa.table('users')))",
        "op.get_bind().dialect.has_table(op.get_bind(), 'strange')",
        "op.get_bind().exec_driver_sql('SELECT id FROM users').fetchall()",
    ],
)
def test_every_question_counts_where_nobody_follows_it(question: str) -> None:
    recording = record_history(history(f"if {question}:\n    pass"), "postgresql")["change"]
    assert recording.conditional
    assert len(record(f"if {question}:\n    pass").ways) >= 2


@pytest.mark.parametrize(
    "code",
    [
        "op.execute('SELECT 1')",
        "op.get_bind().dialect.name",
        "op.get_context().dialect.name == 'sqlite'",
        "with op.batch_alter_table('users') as batch:\n    batch.add_column(sa.Column('x', sa.Integer))",
        "sa.Enum('a', name='mood').create(op.get_bind(), checkfirst=True)",
    ],
)
@pytest.mark.parametrize("dialect", ["postgresql", "sqlite"])
def test_what_decides_nothing_is_no_question(code: str, dialect: str) -> None:
    assert_clean(code, dialect)


def test_a_revision_that_raises_is_a_finding_with_class_and_line() -> None:
    found = assert_found("not-analysable", "op.execute('SELECT 1')\nraise ValueError('canary-8')")
    assert found.line == HEAD_LINES + 2
    assert "ValueError" in found.message
    assert "canary-8" not in repr(found)


def test_what_came_before_the_error_is_judged() -> None:
    assert rules_of(judged("op.drop_table('users')\n1 / 0")) == ["drop-table", "not-analysable"]


def test_a_loop_over_rows_that_never_come_ends() -> None:
    code = "while True:\n    op.get_bind().execute(sa.text('SELECT 1'))"
    assert "EndlessRevisionError" in assert_found("not-analysable", code).message


def test_batches_over_rows_end() -> None:
    code = """
    bind = op.get_bind()
    t = sa.table("users", sa.column("id"), sa.column("name"))
    while bind.execute(sa.select(t.c.id).limit(10)).fetchall():
        bind.execute(t.update().values(name="x"))
    while bind.execute(t.update().values(name="x")).rowcount:
        pass
    """
    recording = record(code)
    assert recording.error is None
    assert "unbatched-backfill" in rules_of(judged(code))


def test_a_session_with_a_model_works() -> None:
    code = """
    from sqlalchemy.orm import Session, declarative_base
    Base = declarative_base()
    class User(Base):
        __tablename__ = "users"
        id = sa.Column(sa.Integer, primary_key=True)
        name = sa.Column(sa.String)
    session = Session(bind=op.get_bind())
    for user in session.query(User).filter(User.name.is_(None)):
        user.name = "x"
    session.add(User(id=7, name="y"))
    session.commit()
    """
    for dialect in ALL:
        recording = record(code, dialect)
        assert recording.error is None, (dialect, recording.error)
        assert set(rules_of(judged(code, dialect))) == {"unbatched-backfill"}


def test_types_of_postgresql_are_recorded_without_a_driver() -> None:
    code = """
    from sqlalchemy.dialects import postgresql as pg
    op.create_table("t", sa.Column("id", pg.UUID, primary_key=True), sa.Column("a", pg.ARRAY(sa.Text)),
        sa.Column("b", pg.JSONB, server_default=sa.text("'{}'::jsonb")), sa.Column("c", sa.Enum("x", "y", name="xy")),
        sa.Column("d", pg.TSVECTOR), sa.Column("e", sa.Integer, sa.Identity()), sa.Column("f", sa.DateTime(True)))
    op.create_index("ix", "t", ["b"], postgresql_using="gin")
    op.add_column("users", sa.Column("m", sa.Enum("x", name="m")))
    """
    recording = record(code)
    assert recording.error is None
    assert any(statement.startswith("CREATE TYPE xy AS ENUM") for statement in recording.statements)
    assert o.CreateObject(kind=o.ObjectKind.TYPE, name="xy") in operations(code)


def test_a_naming_convention_of_the_models_names_constraints() -> None:
    metadata = sa.MetaData(naming_convention={"uq": "uq_%(table_name)s_%(column_0_name)s"})
    graph = history('op.create_unique_constraint(None, "users", ["name"])')
    recording = record_history(graph, "postgresql", target_metadata=metadata)["change"]
    assert recording.statements == ("ALTER TABLE users ADD CONSTRAINT uq_users_name UNIQUE (name)",)
    assert recording.items[0].operations[0].name == "uq_users_name"  # type: ignore[attr-defined]  # a constraint


def test_a_rebuilding_batch_on_sqlite_is_judged_by_its_operations() -> None:
    code = """
    with op.batch_alter_table("users") as batch:
        batch.alter_column("name", nullable=True, existing_type=sa.String(100))
        batch.add_column(sa.Column("x", sa.Integer, server_default="1", nullable=False))
    with op.batch_alter_table("users", recreate="always") as batch:
        batch.add_column(sa.Column("y", sa.Integer))
    """
    recording = record(code, "sqlite")
    assert recording.error is None
    assert any("_alembic_tmp_users" in statement for statement in recording.statements)
    assert_clean(code, "sqlite")
    again = 'assert [c["name"] for c in sa.inspect(op.get_bind()).get_columns("t")] == ["id", "b"]'
    before = 'op.create_table("t", sa.Column("id", sa.Integer, primary_key=True), sa.Column("a", sa.Integer))\n'
    before += 'with op.batch_alter_table("t") as batch:\n    batch.alter_column("a", new_column_name="b")'
    assert record(again, "sqlite", before=before).error is None


def test_a_schema_is_kept_apart() -> None:
    code = 'op.create_table("users", sa.Column("id", sa.Integer), schema="app")\nop.drop_table("users", schema="app")'
    assert_clean(code)
    assert_found("drop-table", code + '\nop.drop_table("users")')


def test_only_what_is_wanted_is_recorded() -> None:
    graph = history("raise ValueError")
    assert list(record_history(graph, "sqlite", until=["before"])) == ["before"]


def test_what_a_revision_prints_stays_away_from_the_document(capsys: pytest.CaptureFixture[str]) -> None:
    record("print('hello')")
    assert capsys.readouterr().out == ""


def test_alembics_context_is_there() -> None:
    recording = record("from alembic import context\nassert not context.is_offline_mode()\ncontext.get_x_argument()")
    assert recording.error is None


@pytest.mark.parametrize(
    ("parser", "dialect"), [("postgast", "postgresql"), ("sqlglot", "mysql"), ("sqlglot", "sqlite")]
)
def test_without_a_parser_text_is_unread_and_the_rest_still_judged(
    monkeypatch: pytest.MonkeyPatch, parser: str, dialect: str
) -> None:
    monkeypatch.setitem(sys.modules, parser, None)  # as if the extra were not installed
    found = assert_found("opaque-sql", 'op.execute("SELECT 1")', dialect)
    assert "migrator-alembic[check]" in found.message
    assert_found("drop-table", 'op.drop_table("users")', dialect)
    assert_clean('op.add_column("users", sa.Column("x", sa.Integer))', dialect)
