"""Copies into another table on each database, against one INSERT ... SELECT."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa

from migrator.data.fences import fence_of
from migrator.data.kinds import CopyMigration
from migrator.errors import ConfigurationError
from migrator.model.data import DataKind, DataState
from tests.integration.data.running import Runner, states
from tests.support.database import Database

USERS = sa.table("users", *(sa.column(name) for name in ("id", "name", "street", "town")))
ADDRESSES = sa.table("addresses", *(sa.column(name) for name in ("user_id", "street", "town", "origin")))
LIVING = sa.select(USERS.c.id.label("user_id"), USERS.c.street, USERS.c.town).where(USERS.c.street.is_not(None))
ORACLE = "SELECT id, street, town FROM users WHERE street IS NOT NULL ORDER BY id"
COPIED = "SELECT user_id, street, town FROM addresses ORDER BY user_id"

servers_only = pytest.mark.servers("postgresql", "postgresql-psycopg", "mariadb", "mysql")


def copy(**options: Any) -> CopyMigration:
    return CopyMigration(**{"name": "copy", "source": LIVING, "target": ADDRESSES, "key": ("user_id",), **options})


def users(database: Database, count: int, *, key: str = "INTEGER NOT NULL PRIMARY KEY") -> None:
    """Rows 1 to ``count``; every fifth lives nowhere, every third has no town."""
    text = "VARCHAR(40)"
    database.execute(
        f"CREATE TABLE users (id {key}, name {text}, street {text}, town {text})",
        f"CREATE TABLE addresses (user_id INTEGER NOT NULL PRIMARY KEY, street {text}, town {text}, origin {text},"
        " UNIQUE (origin))",
    )
    rows = [
        {
            "id": n,
            "name": f"n{n}",
            "street": None if n % 5 == 0 else f"Street {n}",
            "town": None if n % 3 == 0 else "Town",
        }
        for n in range(1, count + 1)
    ]
    with database.engine().begin() as connection:
        connection.execute(sa.insert(USERS), rows)


@pytest.mark.parametrize("batch_size", [1, 7, 1000])
@pytest.mark.parametrize("on_conflict", ["ignore", "update"])
def test_the_target_is_what_one_insert_select_makes(database: Database, batch_size: int, on_conflict: str) -> None:
    users(database, 50)
    runner = Runner(database=database, migrations=[copy(batch_size=batch_size, on_conflict=on_conflict)])
    report = runner()
    (row,) = report.rows
    assert (report.exit_code, row.state, row.kind) == (0, DataState.DONE, DataKind.COPY)
    assert (row.found, row.done) == (40, 40)
    assert database.rows(COPIED) == database.rows(ORACLE)
    assert database.scalar("SELECT count(*) FROM users") == 50
    assert (runner().rows[0].found, runner.stored("copy").done) == (0, 40)


def test_ignore_leaves_a_target_row_that_is_there_and_counts_only_what_it_copied(database: Database) -> None:
    users(database, 9)
    database.execute("INSERT INTO addresses VALUES (2, 'New', 'Own', 'x')")
    report = Runner(database=database, migrations=[copy()])()
    assert (report.exit_code, report.rows[0].found, report.rows[0].done) == (0, 7, 7)
    assert database.rows("SELECT street, town, origin FROM addresses WHERE user_id = 2") == [("New", "Own", "x")]


@pytest.mark.parametrize("batch_size", [1, 1000])
def test_update_makes_what_differs_equal_by_bytes_and_by_null_and_leaves_other_columns(
    database: Database, batch_size: int
) -> None:
    users(database, 9)
    database.execute(
        "INSERT INTO addresses VALUES (1, 'street 1', 'Town', 'case')",
        "INSERT INTO addresses VALUES (2, 'Street 2', NULL, 'null')",
        "INSERT INTO addresses VALUES (3, 'Street 3', 'Town', 'not null')",
        "INSERT INTO addresses VALUES (4, 'Street 4', 'Town', 'same')",
        "INSERT INTO addresses VALUES (6, 'Street 6 ', NULL, 'blank')",
        "INSERT INTO addresses VALUES (50, 'Nobody', NULL, 'no source')",
    )
    runner = Runner(database=database, migrations=[copy(on_conflict="update", batch_size=batch_size)])
    report = runner()
    assert (report.exit_code, report.rows[0].found, report.rows[0].done) == (0, 7, 7)
    assert database.rows("SELECT user_id, street, town FROM addresses WHERE user_id < 50 ORDER BY user_id") == (
        database.rows(ORACLE)
    )
    assert database.scalar("SELECT count(*) FROM addresses WHERE origin IS NOT NULL") == 6
    database.execute("UPDATE users SET street = 'STREET 7' WHERE id = 7")
    again = runner()
    assert (again.exit_code, again.rows[0].done) == (0, 1)
    assert database.rows("SELECT street FROM addresses WHERE user_id = 7") == [("STREET 7",)]


@pytest.mark.parametrize(("on_conflict", "kept"), [("ignore", "Own"), ("update", "Town")])
def test_with_remove_source_each_row_is_in_one_of_the_tables(database: Database, on_conflict: str, kept: str) -> None:
    users(database, 25)
    expected = database.rows(ORACLE)
    database.execute("INSERT INTO addresses VALUES (2, 'Street 2', 'Own', NULL)")
    runner = Runner(database=database, migrations=[copy(on_conflict=on_conflict, remove_source=True, batch_size=6)])
    report = runner()
    assert (report.exit_code, report.rows[0].found, report.rows[0].done) == (0, 20, 20)
    assert database.rows("SELECT town FROM addresses WHERE user_id = 2") == [(kept,)]
    database.execute("UPDATE addresses SET town = 'Town' WHERE user_id = 2")
    assert database.rows(COPIED) == expected
    assert database.rows("SELECT id FROM users ORDER BY id") == [(5,), (10,), (15,), (20,), (25,)]


@pytest.mark.parametrize("removes", [False, True])
@pytest.mark.parametrize("max_count", [2, 1000])
def test_a_row_that_another_unique_key_of_the_target_keeps_out_is_stuck_and_harms_no_other(
    database: Database, removes: bool, max_count: int
) -> None:
    users(database, 9)
    database.execute("INSERT INTO addresses VALUES (100, 'Elsewhere', 'Far', 'n1')")
    columns = {"user_id": USERS.c.id, "street": USERS.c.street, "town": USERS.c.town, "origin": USERS.c.name}
    stubborn = copy(columns=columns, on_conflict="update", remove_source=removes, batch_size=4)
    runner = Runner(database=database, migrations=[stubborn])
    assert runner.exit_codes(max_count)[-1] == 2
    report = runner()
    assert (report.exit_code, states(report), report.rows[0].remaining) == (2, {"copy": DataState.BLOCKED}, 1)
    assert database.rows("SELECT street, town, origin FROM addresses WHERE user_id = 100") == [
        ("Elsewhere", "Far", "n1")
    ]
    assert database.scalar("SELECT count(*) FROM addresses") == 8
    assert database.scalar("SELECT count(*) FROM users WHERE id = 1") == 1
    assert runner.stored("copy").done == 7


def test_a_source_that_is_a_table_with_values_and_expressions_for_columns(database: Database) -> None:
    users(database, 5)
    columns = {"user_id": USERS.c.id, "town": sa.func.upper(USERS.c.town), "street": "unknown"}
    runner = Runner(database=database, migrations=[copy(source=USERS, columns=columns, on_conflict="update")])
    assert (runner().exit_code, runner.stored("copy").done) == (0, 5)
    assert database.rows(COPIED) == [(n, "unknown", None if n == 3 else "TOWN") for n in range(1, 6)]


def test_a_source_without_a_primary_key_or_with_the_target_s_column_names(database: Database) -> None:
    users(database, 9, key="INTEGER" if database.dialect == "sqlite" else "INTEGER NOT NULL UNIQUE")
    database.execute("CREATE TABLE homes (id INTEGER NOT NULL PRIMARY KEY, street VARCHAR(40), town VARCHAR(40))")
    homes = sa.table("homes", *(sa.column(name) for name in ("id", "street", "town")))
    columns = {"id": USERS.c.id, "street": USERS.c.street, "town": USERS.c.town}
    same_names = copy(source=USERS, target=homes, columns=columns, key=("id",), on_conflict="update", batch_size=4)
    runner = Runner(database=database, migrations=[same_names])
    assert runner().exit_code == 0
    database.execute("UPDATE users SET town = 'Moved'")
    assert (runner().exit_code, runner.stored("copy").done) == (0, 18)
    assert database.rows("SELECT id, street, town FROM homes ORDER BY id") == database.rows(
        "SELECT id, street, town FROM users ORDER BY id"
    )


def test_a_target_whose_key_names_no_single_row_is_refused(database: Database) -> None:
    users(database, 3)
    with pytest.raises(ConfigurationError, match=r"\(street\) doesn't name one row of 'addresses'"):
        Runner(database=database, migrations=[copy(key=("street",))])()
    with pytest.raises(ConfigurationError, match="origin"):  # unique, but NULLs are no obstacle to it
        Runner(database=database, migrations=[copy(source=USERS, key=("origin",), columns={"origin": USERS.c.name})])()
    assert database.scalar("SELECT count(*) FROM addresses") == 0


@pytest.mark.parametrize("missing", ["users", "addresses"])
def test_a_missing_table_fails_it_by_that_table_s_name(database: Database, missing: str) -> None:
    users(database, 3)
    database.execute(f"DROP TABLE {missing}")
    report = Runner(database=database, migrations=[copy()])()
    assert (report.exit_code, states(report)) == (2, {"copy": DataState.FAILED})
    assert missing in report.rows[0].note


def test_its_fence_is_the_source_where_the_source_goes_and_else_there_is_none() -> None:
    assert fence_of(copy()) is None
    fence = fence_of(copy(remove_source=True))
    assert fence is not None
    assert fence.table is USERS


def test_nova_s_callable_copies_one_batch_in_the_caller_s_transaction(database: Database) -> None:
    users(database, 4)

    class NovaContext:
        connection: sa.Connection

    context = NovaContext()
    with database.engine().connect() as context.connection:
        assert copy()(context, 3) == (3, 3)
        context.connection.rollback()
        assert [copy()(context, 3) for _ in range(3)] == [(3, 3), (1, 1), (0, 0)]
        context.connection.commit()
    assert database.rows(COPIED) == database.rows(ORACLE)


@servers_only
@pytest.mark.parametrize("removes", [False, True])
def test_a_client_s_changes_between_the_choice_and_the_copy_are_copied_and_none_is_lost(
    database: Database, removes: bool
) -> None:
    users(database, 4)

    def client() -> None:
        database.execute(
            "UPDATE  users SET street = 'Changed' WHERE id = 2",
            "DELETE FROM  users WHERE id = 3",
            "INSERT INTO  addresses VALUES (4, 'By client', NULL, NULL)",
        )

    with before_the_lock(client):
        report = Runner(database=database, migrations=[copy(remove_source=removes)])()
    assert report.exit_code == 0
    assert database.rows("SELECT user_id, street FROM addresses ORDER BY user_id") == [
        (1, "Street 1"),
        (2, "Changed"),
        (4, "By client"),
    ]
    assert database.scalar("SELECT count(*) FROM users") == (0 if removes else 3)


@contextmanager
def before_the_lock(act: Any) -> Iterator[None]:
    done: list[bool] = []

    def execute(_c: Any, _cursor: Any, statement: str, _p: Any, _context: Any, _many: bool) -> None:
        locks = "FOR UPDATE" in statement or "FOR SHARE" in statement or "LOCK IN SHARE MODE" in statement
        if locks and "users" in statement and not done:
            done.append(True)
            act()

    sa.event.listen(sa.Engine, "before_cursor_execute", execute)
    try:
        yield
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", execute)
    assert done
