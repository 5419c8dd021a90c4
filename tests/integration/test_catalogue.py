"""The catalogue sees each property of a schema change, and nothing where nothing changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

from migrator.state.store import Store
from migrator.testing import Catalogue, assert_same_catalogue, catalogue, differences
from tests.integration import catalogue_mysql, catalogue_postgresql, catalogue_sqlite
from tests.support.database import Database
from tests.support.wiring import opened

Change = str | Sequence[str]


@dataclass(frozen=True, kw_only=True)
class Cases:
    """The schema of one server with a change of each property."""

    schema: Sequence[str]
    changes: Mapping[str, Change]
    not_seen: Sequence[str]


def cases_of(database: Database, server: str) -> Cases:
    if server == "sqlite":
        on_sqlite = catalogue_sqlite
        return Cases(schema=on_sqlite.SCHEMA, changes=on_sqlite.CHANGES, not_seen=on_sqlite.NOT_SEEN)
    if server.startswith("postgresql"):
        newest = database.scalar("SELECT current_setting('server_version_num')::int >= 180000")
        changes = catalogue_postgresql.CHANGES | (catalogue_postgresql.FROM_18 if newest else {})
        on_postgresql = catalogue_postgresql
        return Cases(schema=on_postgresql.SCHEMA, changes=changes, not_seen=on_postgresql.NOT_SEEN)
    ours = catalogue_mysql
    if server == "mysql":
        return Cases(schema=ours.SCHEMA, changes=ours.BOTH | ours.MYSQL, not_seen=ours.NOT_SEEN)
    return Cases(
        schema=ours.SCHEMA + ours.ON_MARIADB,
        changes=ours.BOTH | ours.MARIADB,
        not_seen=ours.NOT_SEEN + ours.NOT_SEEN_ON_MARIADB,
    )


@pytest.fixture
def cases(database: Database, server: str) -> Cases:
    """The cases of the test's server, whose schema the test's database has."""
    cases = cases_of(database, server)
    run(database, cases.schema)
    return cases


def run(database: Database, change: Change) -> None:
    """The statements of a change, each in the text that stands here."""
    engine = sa.create_engine(database.url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect().execution_options(no_parameters=True) as connection:
        for statement in [change] if isinstance(change, str) else change:
            connection.exec_driver_sql(statement)


def snapshot(database: Database, *, schema: str | None = None, ignore: Sequence[str] = ()) -> Catalogue:
    with sa.create_engine(database.url, poolclass=sa.NullPool).connect() as connection:
        return catalogue(connection, schema=schema, ignore=ignore)


@pytest.mark.slow
def test_each_change_of_a_property_is_seen(cases: Cases, make_database: Callable[[], Database]) -> None:
    def made() -> Database:
        database = make_database()
        run(database, cases.schema)
        return database

    unseen, before = [], snapshot(made())
    assert_same_catalogue(before, snapshot(made()))  # or a difference below proved nothing
    for name, change in cases.changes.items():
        database = made()
        run(database, change)
        if not differences(before, snapshot(database)):
            unseen.append(name)
    assert unseen == []


def test_each_grant_is_seen(database: Database, cases: Cases, make_login: Callable[..., str]) -> None:
    user = sa.make_url(make_login("none")).username
    grantee = f"{user}@'%'" if database.dialect == "mysql" else user
    for rights in ("SELECT", "INSERT (name)"):
        before = snapshot(database)
        run(database, f"GRANT {rights} ON users TO {grantee}")
        lines = differences(before, snapshot(database))
        assert [line.partition(":")[0] for line in lines] == ["only in the second"]
    granted = snapshot(database)
    run(database, f"GRANT SELECT ON users TO {grantee} WITH GRANT OPTION")
    assert differences(granted, snapshot(database))


@pytest.mark.servers("mysql", "mariadb")
def test_a_grant_on_the_whole_database_is_seen(
    database: Database, cases: Cases, make_login: Callable[..., str]
) -> None:
    before = snapshot(database)
    make_login("none")
    assert "grant SHOW VIEW on schema" in "".join(differences(before, snapshot(database)))


def test_a_second_snapshot_without_a_change_is_equal(database: Database, cases: Cases) -> None:
    assert_same_catalogue(snapshot(database), snapshot(database))


def test_what_is_not_of_the_shape_is_not_seen(database: Database, cases: Cases) -> None:
    before = snapshot(database)
    run(database, cases.not_seen)
    assert_same_catalogue(before, snapshot(database))


def test_two_databases_of_one_shape_are_equal(
    database: Database, cases: Cases, make_database: Callable[[], Database]
) -> None:
    other = make_database()
    run(other, cases.schema)
    assert_same_catalogue(snapshot(database), snapshot(other))


def test_our_own_tables_and_the_version_table_are_not_in_it(database: Database, cases: Cases) -> None:
    before = snapshot(database)
    Store(database=opened(database)).ensure()
    run(database, "CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)")
    assert {"migrator_ledger", "alembic_version"} <= set(database.tables())
    assert_same_catalogue(before, snapshot(database))


def test_what_is_ours_on_the_users_tables_is_in_it(database: Database, cases: Cases) -> None:
    before = snapshot(database)
    run(database, "CREATE INDEX migrator_fence_left_over ON users (age)")
    assert "migrator_fence_left_over" in "".join(differences(before, snapshot(database)))


def test_ignored_tables_are_not_in_it_with_what_belongs_to_them(database: Database, cases: Cases) -> None:
    before = snapshot(database)
    run(database, ["CREATE TABLE versions (id int PRIMARY KEY, at int)", "CREATE INDEX ix_at ON versions (at)"])
    assert_same_catalogue(before, snapshot(database, ignore=["versions"]))


def test_an_ignored_thing_that_is_no_table_is_not_in_it(database: Database, cases: Cases) -> None:
    before = snapshot(database)
    run(database, "CREATE VIEW later AS SELECT id FROM users")
    assert_same_catalogue(before, snapshot(database, ignore=["later"]))


@pytest.mark.servers("postgresql", "postgresql-14", "postgresql-18", "postgresql-psycopg")
def test_another_schema_is_read_by_its_name(database: Database, cases: Cases) -> None:
    run(database, ["CREATE SCHEMA side", "CREATE TABLE side.only_here (id int)"])
    assert "table only_here" in snapshot(database, schema="side").entries
    assert "table only_here" not in snapshot(database).entries


@pytest.mark.servers("postgresql", "postgresql-14", "postgresql-18", "postgresql-psycopg")
def test_the_search_path_makes_no_difference_and_is_left_as_it_was(database: Database, cases: Cases) -> None:
    before = snapshot(database)
    run(database, "CREATE SCHEMA side")
    with database.engine().connect() as connection:
        connection.exec_driver_sql("SET search_path = side, public")
        assert_same_catalogue(before, catalogue(connection, schema="public"))
        assert connection.exec_driver_sql("SHOW search_path").scalar() == "side, public"


@pytest.mark.servers("postgresql", "postgresql-14", "postgresql-18", "postgresql-psycopg")
@pytest.mark.parametrize("name", catalogue_postgresql.ONLINE_AND_PLAIN)
def test_an_online_form_leaves_what_the_plain_form_leaves(
    database: Database, cases: Cases, make_database: Callable[[], Database], name: str
) -> None:
    other = make_database()
    run(other, cases.schema)
    online, plain = catalogue_postgresql.ONLINE_AND_PLAIN[name]
    run(database, online)
    run(other, plain)
    assert_same_catalogue(snapshot(database), snapshot(other))


@pytest.mark.servers("postgresql", "postgresql-14", "postgresql-18", "postgresql-psycopg")
def test_an_invalid_index_is_called_invalid(database: Database, cases: Cases) -> None:
    run(database, "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'ix_nick'::regclass")
    assert snapshot(database).entries["index ix_nick"].endswith("invalid")


@pytest.mark.servers("sqlite")
def test_an_attached_file_is_read_by_its_name(database: Database, make_database: Callable[[], Database]) -> None:
    other = make_database()
    run(other, "CREATE TABLE only_here (id int)")
    with database.engine().connect() as connection:
        connection.exec_driver_sql("ATTACH ? AS side", (sa.make_url(other.url).database,))
        assert_same_catalogue(snapshot(other), catalogue(connection, schema="side"))


@pytest.mark.servers("sqlite")
def test_a_batch_rebuild_that_changes_nothing_is_not_seen(database: Database) -> None:
    run(database, catalogue_sqlite.REBUILDABLE)
    before = snapshot(database)
    text = database.scalar("SELECT sql FROM sqlite_master WHERE name = 'users'")
    with database.engine().begin() as connection:
        operations = Operations(MigrationContext.configure(connection))
        with operations.batch_alter_table("users", recreate="always"):
            pass
    assert database.scalar("SELECT sql FROM sqlite_master WHERE name = 'users'") != text
    assert_same_catalogue(before, snapshot(database))


def test_each_difference_is_a_line(database: Database, cases: Cases) -> None:
    before = snapshot(database)
    run(database, ["DROP TABLE others", "CREATE TABLE others (id bigint, here int)", "DROP VIEW names"])
    lines = differences(before, snapshot(database))
    assert any(line.startswith("only in the first: view names: ") for line in lines)
    assert any(line.startswith("only in the second: column others.here: int") for line in lines)
    assert any(line.startswith("differs: column others.id: ") for line in lines)
    with pytest.raises(AssertionError, match=r"(?s)the catalogues differ in .*column others\.here"):
        assert_same_catalogue(before, snapshot(database))
