"""Fences on each database: the old shape is refused, the new one is not, and the fence goes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
import sqlalchemy as sa

from migrator.data.fences import fence_of
from migrator.data.kinds import Fence
from migrator.db.translate import translated
from migrator.dialects import pack_for
from migrator.dialects.base import Pack
from migrator.errors import DatabaseError, PrivilegeError
from tests.integration.data.running import ITEM, fill, items
from tests.support.database import Database

servers_only = pytest.mark.servers(
    "postgresql", "mariadb", "mysql", "postgresql-14", "postgresql-18", "postgresql-psycopg"
)
QUOTED = sa.table("my table", sa.column("select"), sa.column("Name"))


def pack_of(database: Database) -> Pack:
    engine = database.engine()
    with engine.connect():
        return pack_for(engine.dialect)


def send(database: Database, statements: Sequence[str]) -> None:
    engine = database.engine(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement, execution_options={"no_parameters": True})


def raise_fence(database: Database, fence: Fence, name: str = "migrator_fence_fill") -> None:
    statements = pack_of(database).fence.raise_statements(fence.table, fence.refuse, name)
    assert statements
    send(database, statements)


def is_up(database: Database, table: sa.TableClause = ITEM, name: str = "migrator_fence_fill") -> tuple[bool, bool]:
    rules = pack_of(database).fence
    with database.engine().connect() as connection:
        return rules.is_up(connection, table, name), rules.is_partly_up(connection, table, name)


def refused(database: Database, statement: str) -> None:
    pack = pack_of(database)
    with pytest.raises(DatabaseError), translated(pack.errors):
        database.execute(statement)


@servers_only
def test_old_shape_rows_are_refused_and_new_shape_ones_accepted_and_old_rows_stay(database: Database) -> None:
    items(database, 3)
    fence = fence_of(fill())
    assert fence is not None
    assert is_up(database) == (False, False)
    raise_fence(database, fence)
    assert is_up(database) == (True, True)
    refused(database, "INSERT INTO item (id, old) VALUES (10, 10)")
    database.execute("INSERT INTO item (id, old, new) VALUES (10, 10, 10)")
    refused(database, "UPDATE item SET old = 11 WHERE id = 10")
    database.execute("UPDATE item SET old = 11, new = 11 WHERE id = 10")
    assert database.scalar("SELECT count(*) FROM item") == 4


@servers_only
def test_a_fence_taken_down_refuses_nothing_and_taking_it_down_twice_does_no_harm(database: Database) -> None:
    items(database, 1)
    raise_fence(database, Fence(table=ITEM, refuse=sa.true()))
    refused(database, "INSERT INTO item (id) VALUES (10)")
    for _ in range(2):
        send(database, pack_of(database).fence.lower_statements(ITEM, "migrator_fence_fill"))
    assert is_up(database) == (False, False)
    database.execute("INSERT INTO item (id) VALUES (10)")


@pytest.mark.servers("postgresql", "postgresql-14", "postgresql-18", "postgresql-psycopg")
@pytest.mark.parametrize("column", ["old", "new"])
def test_the_check_goes_with_either_column_that_it_names(database: Database, column: str) -> None:
    items(database, 1)
    raise_fence(database, Fence(table=ITEM, refuse=ITEM.c.new.is_distinct_from(ITEM.c.old)))
    database.execute(f"ALTER TABLE item DROP COLUMN {column}")
    assert is_up(database) == (False, False)
    database.execute("DROP TABLE item")
    assert is_up(database) == (False, False)


@pytest.mark.servers("mariadb", "mysql")
def test_a_half_raised_fence_is_seen_and_completed_or_taken_down(database: Database) -> None:
    items(database, 1)
    fence = Fence(table=ITEM, refuse=sa.true())
    statements = pack_of(database).fence.raise_statements(ITEM, fence.refuse, "migrator_fence_fill")
    assert statements
    send(database, statements[:-1])
    assert is_up(database) == (False, True)
    raise_fence(database, fence)
    assert is_up(database) == (True, True)


@servers_only
def test_names_that_need_quotes_and_text_with_per_cent_colon_quote_and_backslash(database: Database) -> None:
    table = sa.Table("my table", sa.MetaData(), sa.Column("select", sa.Integer), sa.Column("Name", sa.String(30)))
    table.create(database.engine())
    text = "50% :x 'y' \\ z"
    raise_fence(database, Fence(table=QUOTED, refuse=QUOTED.c.Name == text), "migrator_fence_50%")
    assert is_up(database, QUOTED, "migrator_fence_50%") == (True, True)
    with database.engine().connect() as connection:
        connection.execute(sa.insert(table).values(Name="50%% :x 'y' \\ z"))
        with pytest.raises(sa.exc.DBAPIError):
            connection.execute(sa.insert(table).values(Name=text))


@servers_only
@pytest.mark.parametrize(
    "refuse",
    [
        lambda: ITEM.c.id.in_(sa.select(sa.column("x")).select_from(sa.table("other"))),
        lambda: sa.exists().where(sa.table("other", sa.column("y")).c.y == ITEM.c.id),
        lambda: sa.table("other", sa.column("y")).c.y == 1,
        lambda: sa.literal_column("old") == 1,
    ],
)
def test_what_cannot_be_asked_of_one_row_is_not_fenced(
    database: Database, refuse: Callable[[], sa.ColumnElement[bool]]
) -> None:
    assert pack_of(database).fence.raise_statements(ITEM, refuse(), "f") is None


@pytest.mark.servers("sqlite")
def test_sqlite_needs_none_since_the_write_transaction_keeps_everybody_out(database: Database) -> None:
    rules = pack_of(database).fence
    assert rules.in_transaction
    assert rules.raise_statements(ITEM, sa.true(), "f") == ()
    assert is_up(database) == (False, False)


@pytest.mark.servers("mariadb", "mysql")
def test_a_login_that_may_not_make_triggers_is_a_privilege_error(
    database: Database, make_login: Callable[..., str]
) -> None:
    items(database, 1)
    pack = pack_of(database)
    statements = pack.fence.raise_statements(ITEM, sa.true(), "migrator_fence_fill")
    assert statements
    connection = sa.create_engine(make_login("rows"), poolclass=sa.NullPool).connect()
    with connection, pytest.raises(PrivilegeError), translated(pack.errors):
        connection.exec_driver_sql(statements[-1])


def test_a_name_that_is_too_long_or_needs_quotes_is_hashed_and_short(database: Database) -> None:
    rules = pack_of(database).fence
    assert rules.name("full_name", ITEM) == "migrator_fence_full_name"
    long, other = rules.name("x" * 120, ITEM), rules.name("x" * 119, ITEM)
    assert long != other
    assert len(long) <= 60
    assert rules.name("Full name", ITEM) != rules.name("full_name", ITEM)
