"""On real servers: what create_all() makes of models is no drift, and each single difference is told."""

from __future__ import annotations

import pytest
from sqlalchemy import schema

from tests.integration.test_drift import compared, shown
from tests.support.database import Database
from tests.unit.check.drift_pairs import Pair, pairs
from tests.unit.check.drifting import USERS, metadata_of, table


def of(*dialects: str) -> list[object]:
    return [pytest.param(pair, id=f"{pair.name}-{one}") for one, pair in pairs() if one in dialects]


def assert_compared(database: Database, pair: Pair) -> None:
    """Nothing is found where both are the same, and one thing where they differ."""
    metadata_of(pair.other).create_all(database.engine())
    assert shown(compared(database, metadata_of(pair.other))) == []
    found = compared(database, metadata_of(pair.wanted))
    assert [(one.way.name, one.attribute) for one in found.differences] == [pair.says]
    metadata_of(pair.other).drop_all(database.engine())
    metadata_of(pair.wanted).create_all(database.engine())
    same = compared(database, metadata_of(pair.wanted))
    assert shown(same) == []
    assert same.uncompared == ()
    assert bool(compared(database, metadata_of(pair.other)).differences) or not pair.both_ways


def skip_where_the_server_has_none(database: Database, pair: Pair) -> None:
    with database.engine().connect() as connection:
        version = connection.dialect.server_version_info or ()
    if pair.name in ("nulls_not_distinct", "on_delete_of_a_column") and version < (15,):
        pytest.skip("PostgreSQL has it from 15 on")


@pytest.mark.servers("postgresql", "postgresql-14", "postgresql-18")
@pytest.mark.parametrize("pair", of("postgresql"))
def test_each_is_compared_on_postgresql(database: Database, pair: Pair) -> None:
    skip_where_the_server_has_none(database, pair)
    assert_compared(database, pair)


@pytest.mark.servers("mariadb")
@pytest.mark.parametrize("pair", of("mariadb"))
def test_each_is_compared_on_mariadb(database: Database, pair: Pair) -> None:
    assert_compared(database, pair)


@pytest.mark.servers("mysql")
@pytest.mark.parametrize("pair", of("mysql"))
def test_each_is_compared_on_mysql(database: Database, pair: Pair) -> None:
    assert_compared(database, pair)


@pytest.mark.servers("sqlite")
@pytest.mark.parametrize("pair", of("sqlite"))
def test_each_is_compared_on_sqlite(database: Database, pair: Pair) -> None:
    assert_compared(database, pair)


@pytest.mark.skipif(not hasattr(schema, "CreateView"), reason="SQLAlchemy 2.0 has no views of models")
def test_a_view_of_the_models_is_compared_by_its_columns(database: Database) -> None:
    view = (
        f'users = {table(USERS)}\nsa.schema.CreateView(sa.select(users.c.id, users.c.name), "named", metadata=metadata)'
    )
    metadata_of(view).create_all(database.engine())
    assert shown(compared(database, metadata_of(view))) == []
    database.execute("DROP VIEW named")
    assert shown(compared(database, metadata_of(view))) == ["MISSING view named  |"]
    database.execute("CREATE VIEW named AS SELECT id FROM users")
    assert shown(compared(database, metadata_of(view))) == ["DIFFERS view named columns id, name|id"]


def test_an_index_over_an_expression_with_a_condition_is_read_from_the_catalogue(database: Database) -> None:
    users = (
        'sa.Table("users", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(50)))\n'
    )
    index = {
        "postgresql": 'sa.Index("ix", sa.text("(lower(name)) DESC"), _table=metadata.tables["users"],'
        ' postgresql_where=sa.text("id > 5"))',
        "sqlite": 'sa.Index("ix", sa.text("lower(name) DESC"), _table=metadata.tables["users"],'
        ' sqlite_where=sa.text("id > 5"))',
    }.get(database.dialect, 'sa.Index("ix", sa.desc("name"), _table=metadata.tables["users"])')
    metadata_of(users + index).create_all(database.engine())
    found = compared(database, metadata_of(users + index))
    assert shown(found) == []
    assert found.uncompared == ()
    assert [one[:5] for one in shown(compared(database, metadata_of(users)))] == ["EXTRA"]


@pytest.mark.servers("postgresql", "postgresql-14", "postgresql-18")
def test_what_a_domain_brings_along_is_not_its_columns_own(database: Database) -> None:
    domain = 'postgresql.DOMAIN("positive", sa.Integer, check=sa.text("VALUE > 0"), default="5", not_null=True)'
    models = table(f'{USERS}, sa.Column("x", {domain})')
    metadata_of(models).create_all(database.engine())
    assert shown(compared(database, metadata_of(models))) == []


@pytest.mark.servers("mysql", "mariadb")
def test_mysqls_words_for_functions_texts_and_sizes_are_no_drift(database: Database) -> None:
    models = table(
        f'{USERS}, sa.Column("x", sa.LargeBinary(20)), sa.Column("u", sa.Uuid),'
        " sa.CheckConstraint(\"name <> 'a''b'\", name='quoted'),"
        " sa.CheckConstraint(\"length(name) > 0 OR name <> lower(name)\", name='functions')"
    )
    metadata_of(models).create_all(database.engine())
    assert shown(compared(database, metadata_of(models))) == []


@pytest.mark.servers("sqlite")
def test_a_type_that_sqlalchemy_does_not_know_on_sqlite_is_no_drift(database: Database) -> None:
    models = table(f'{USERS}, sa.Column("x", sa.VARBINARY(9))')
    metadata_of(models).create_all(database.engine())
    assert shown(compared(database, metadata_of(models))) == []
