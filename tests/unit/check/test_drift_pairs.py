"""What models themselves make is no drift against them, and each single difference is one finding."""

from __future__ import annotations

import pytest
from sqlalchemy import schema

from tests.unit.check.drift_pairs import Pair, pairs
from tests.unit.check.drifting import ALL, USERS, drift, made, table

PAIRS = [pytest.param(dialect, pair, id=f"{pair.name}-{dialect}") for dialect, pair in pairs()]
views = pytest.mark.skipif(not hasattr(schema, "CreateView"), reason="SQLAlchemy 2.0 has no views of models")
VIEW = f'users = {table(USERS)}\nsa.schema.CreateView(sa.select(users.c.id, users.c.name), "named", metadata=metadata)'


def in_words(pair_models: str) -> str:
    """The same models as operations: CREATE of every table and index by SQLAlchemy itself."""
    lines = ["from sqlalchemy.dialects import mysql, postgresql", "metadata = sa.MetaData()", *pair_models.splitlines()]
    return "\n".join([*lines, "metadata.create_all(op.get_bind())"])


@pytest.mark.parametrize(("dialect", "pair"), PAIRS)
def test_what_the_models_themselves_make_is_no_drift(dialect: str, pair: Pair) -> None:
    for models in (pair.wanted, pair.other):
        found = drift(models, in_words(models), dialect)
        assert found.findings == ()
        assert found.look is not None
        assert found.look.uncompared == ()


@pytest.mark.parametrize(("dialect", "pair"), PAIRS)
def test_each_difference_is_one_finding(dialect: str, pair: Pair) -> None:
    found = drift(pair.wanted, in_words(pair.other), dialect).findings
    way, attribute = pair.says
    assert [one.rule for one in found] == [{"MISSING": "model-without-migration"}.get(way, "model-differs")]
    assert f": {attribute} is " in found[0].message or not attribute
    back = drift(pair.other, in_words(pair.wanted), dialect).findings
    assert bool(back) or not pair.both_ways


@views
@pytest.mark.parametrize("dialect", ALL)
def test_a_view_of_the_models_is_compared_by_its_name_and_its_columns(dialect: str) -> None:
    missing = drift(VIEW, made(USERS), dialect).findings
    assert ["the models have the view named" in one.message for one in missing] == [True]
    assert 'op.execute("CREATE VIEW named AS ...")' in missing[0].remedy
    same = f"""{made(USERS)}\nop.execute("CREATE VIEW named AS SELECT id, name FROM users")"""
    assert drift(VIEW, same, dialect).findings == ()
    if dialect != "sqlite":  # where nobody reads which columns a view's text shows
        other = drift(VIEW, same.replace("id, name", "id"), dialect).findings
        told = "named: columns is id, name in the models, and id in the revisions"
        assert [told in one.message for one in other] == [True]


@pytest.mark.parametrize("dialect", ALL)
def test_views_that_no_model_declares_are_nobodys_drift(dialect: str) -> None:
    view = 'op.execute("CREATE VIEW named AS SELECT id FROM users")'
    assert drift(table(USERS), f"{made(USERS)}\n{view}", dialect).findings == ()


@views
def test_a_view_that_env_py_leaves_out_is_left_out() -> None:
    def without_views(item: object, name: str, kind: str, reflected: bool, other: object) -> bool:
        return name != "named"

    assert drift(VIEW, made(USERS), options={"include_object": without_views}).findings == ()


def test_a_sequence_of_mariadb_is_compared() -> None:
    models = f'sa.Sequence("numbers", metadata=metadata)\n{table(USERS)}'
    missing = drift(models, made(USERS), "mariadb").findings
    assert ["the models have the sequence numbers" in one.message for one in missing] == [True]
    assert drift(models, made(USERS), "mysql").findings == (), "it has none"


@pytest.mark.parametrize("dialect", ["mysql", "mariadb"])
def test_a_table_made_by_text_says_nothing_of_its_collation_and_that_is_told(dialect: str) -> None:
    text = 'op.execute("CREATE TABLE users (id int PRIMARY KEY, x varchar(9) NOT NULL)")'
    key = 'sa.Column("id", sa.Integer, primary_key=True, autoincrement=False)'
    models = table(f'{key}, sa.Column("x", sa.String(9, collation="utf8mb4_bin"), nullable=False)')
    found = drift(models, text, dialect)
    assert found.findings == ()
    assert found.look is not None
    assert found.look.uncompared == ("users.x: collation",)
    assert drift(models.replace(', collation="utf8mb4_bin"', ""), text, dialect).look.uncompared == ()  # type: ignore[union-attr]  # it looked
