"""What is no drift though it differs (a contract changes it, a hook leaves it out), and what can't be compared."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from migrator.model.finding import Severity
from migrator.scripts.models import every_metadata
from tests.unit.check.drifting import ALL, EMAIL, USERS, drift, made, metadata_of, table

# -- contract ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dialect", ALL)
def test_what_a_contract_drops_may_be_in_the_models_or_not(dialect: str) -> None:
    expand = made(f"{USERS}, {EMAIL}")
    contract = 'with op.batch_alter_table("users") as batch:\n    batch.drop_column("email")'
    after = drift(table(USERS), expand, dialect, contract=contract)
    assert (after.findings, after.notes) == ((), ())
    before = drift(table(f"{USERS}, {EMAIL}"), expand, dialect, contract=contract)
    assert before.findings == ()
    assert "users.email" in before.notes[0]


@pytest.mark.parametrize("dialect", ALL)
def test_a_contract_excuses_nothing_that_it_does_not_touch(dialect: str) -> None:
    models = table(f'{USERS}, sa.Column("new", sa.Text)')
    contract = 'with op.batch_alter_table("users") as batch:\n    batch.drop_column("email")'
    found = drift(models, made(f"{USERS}, {EMAIL}"), dialect, contract=contract).findings
    assert [one.rule for one in found] == ["model-without-migration"]


def test_models_that_are_neither_before_nor_after_a_contract_differ() -> None:
    contract = 'op.alter_column("users", "name", type_=sa.Text())'
    column = 'sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", {})'
    for type_, differs in (("sa.String(50)", False), ("sa.Text", False), ("sa.String(9)", True)):
        found = drift(table(column.format(type_)), made(USERS), contract=contract).findings
        assert [one.rule for one in found] == ["model-differs"] * differs
    key = 'op.create_foreign_key("fk", "users", "users", ["boss"], ["id"]{})'
    boss = f'{USERS}, sa.Column("boss", sa.Integer)'
    models = table(f'{boss}, sa.ForeignKeyConstraint(["boss"], ["users.id"], name="fk", ondelete="CASCADE")')
    assert drift(models, made(boss), contract=key.format(', ondelete="CASCADE"')).findings == ()
    other = drift(models, made(boss), contract=key.format("")).findings
    assert ["ON DELETE is CASCADE" in one.message for one in other] == [True]


def test_one_attribute_may_change_in_a_contract_while_another_is_drift() -> None:
    expand = made('sa.Column("id", sa.Integer, primary_key=True), sa.Column("x", sa.String(9))')
    contract = 'op.alter_column("users", "x", nullable=False)'
    found = drift(
        table('sa.Column("id", sa.Integer, primary_key=True), sa.Column("x", sa.Text)'), expand, contract=contract
    )
    assert ["users.x: type is text" in one.message for one in found.findings] == [True]
    assert "users.x" in found.notes[0]


@pytest.mark.parametrize("dialect", ALL)
def test_a_batch_keeps_what_it_rebuilds(dialect: str) -> None:
    items = 'sa.CheckConstraint("id > 0", name="ck"), sa.UniqueConstraint("name", name="uq")'
    models = (
        table(f'{USERS}, {items}, sa.Column("age", sa.Integer, server_default="5")')
        + '.append_constraint(sa.CheckConstraint("age > 1", name="ck_age"))'
    )
    batch = """
with op.batch_alter_table("users", recreate="auto") as batch:
    batch.add_column(sa.Column("age", sa.Integer, server_default="5"))
    batch.create_check_constraint("ck_age", "age > 1")
"""
    assert drift(models, made(f"{USERS}, {items}") + batch, dialect).findings == ()
    assert [one.rule for one in drift(models, made(f"{USERS}, {items}"), dialect).findings] == [
        "model-without-migration"
    ] * 2


def test_a_column_that_rejects_inserts_is_an_error() -> None:
    left = drift(table(USERS), made(f'{USERS}, sa.Column("x", sa.Text, nullable=False)')).findings
    assert [(one.rule, one.severity) for one in left] == [("migration-without-model", Severity.ERROR)]
    filled = drift(table(USERS), made(f'{USERS}, sa.Column("x", sa.Text, nullable=False, server_default="")')).findings
    assert [one.severity for one in filled] == [Severity.WARNING]


# -- what isn't compared -----------------------------------------------------------------------------------------------


def test_what_only_text_says_is_named_as_not_compared() -> None:
    models = table(f'{USERS}, sa.Column("x", sa.Integer, server_default="5")')
    sql = "CREATE TABLE users (id serial PRIMARY KEY, name varchar(50), x integer DEFAULT 5)"
    found = drift(models, f'op.execute("{sql}")')
    assert found.findings == ()
    assert found.look is not None
    assert "users.x: default, numbering" in found.look.uncompared


def test_an_index_by_text_is_compared_with_its_method_and_what_it_includes() -> None:
    models = table(f'{USERS}, sa.Index("ix", "name", postgresql_using="hash", postgresql_include=["id"])')
    sql = "CREATE INDEX CONCURRENTLY ix ON users USING {} (name) INCLUDE ({})"
    for method, included, differs in (("hash", "id", 0), ("gist", "id", 1), ("hash", "name", 1)):
        revision = f'{made(USERS)}\nop.execute("{sql.format(method, included)}")'
        found = drift(models, revision)
        assert [one.rule for one in found.findings] == ["model-differs"] * differs
        assert found.look is not None
        assert found.look.uncompared == ()


@pytest.mark.parametrize("dialect", ALL)
def test_a_foreign_key_by_text_is_found_and_not_compared(dialect: str) -> None:
    columns = 'sa.Column("id", sa.Integer, primary_key=True, autoincrement=False)'
    boss = 'sa.Column("boss", sa.Integer, sa.ForeignKey("users.id", name="fk", ondelete="CASCADE"))'
    key = "CONSTRAINT fk FOREIGN KEY (boss) REFERENCES users (id)"
    sql = f"CREATE TABLE users (id integer PRIMARY KEY, boss integer, {key})"
    found = drift(table(f"{columns}, {boss}"), f'op.execute("{sql}")', dialect)
    assert found.findings == ()
    assert found.look is not None
    assert any(one.startswith("fk of users: columns referred to, ON DELETE") for one in found.look.uncompared)


def test_hooks_of_env_py_leave_out_what_they_say() -> None:
    def include_object(item: object, name: str, kind: str, reflected: bool, other: object) -> bool:
        return (kind, name) not in (("table", "legacy"), ("column", "email"), ("index", "ix_old"))

    revisions = f"{made(USERS)}\n{made(USERS, 'legacy')}\n" + 'op.create_index("ix_old", "users", ["name"])'
    models = table(f"{USERS}, {EMAIL}")
    assert len(drift(models, revisions).findings) == 3
    assert drift(models, revisions, options={"include_object": include_object}).findings == ()
    names = {"include_name": lambda name, kind, parents: name not in ("legacy", "ix_old")}
    assert [one.rule for one in drift(models, revisions, options=names).findings] == ["model-without-migration"]


def test_a_hook_that_raises_is_a_finding() -> None:
    def include_object(*given: object) -> bool:
        raise KeyError("secret")

    found = drift(table(USERS), made(USERS), options={"include_object": include_object})
    assert [one.rule for one in found.findings] == ["models-not-compared"]
    assert "KeyError" in found.findings[0].message
    assert "secret" not in found.findings[0].message


def test_models_that_contradict_themselves_are_a_finding() -> None:
    metadata = metadata_of(table(f'{USERS}, sa.Column("org", sa.Integer, sa.ForeignKey("nowhere.id"))'))
    found = drift(metadata, made(USERS))
    assert [(one.rule, one.severity) for one in found.findings] == [("models-not-compared", Severity.ERROR)]
    assert found.look is None


def test_several_metadata_are_one() -> None:
    one, two = sa.MetaData(), sa.MetaData()
    assert every_metadata({"target_metadata": [one, two]}) == (one, two)
    assert every_metadata({"target_metadata": None}) == ()
