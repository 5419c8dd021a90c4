"""Who has a table open, what an earlier run left running, and its end, on real MySQL and MariaDB servers."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial

import pytest
import sqlalchemy as sa

from migrator.dialects.base import LockRules
from migrator.dialects.mysql.locks import MySQLLocks
from migrator.errors import PrivilegeError
from tests.support.database import Database
from tests.support.poll import eventually

pytestmark = pytest.mark.servers("mysql", "mariadb")
LOCKS: LockRules = MySQLLocks()
ROWS = "UPDATE kept SET id = id + 100 WHERE id = 1"
CHANGE = "ALTER TABLE kept ADD COLUMN extra INTEGER"
# MariaDB answers INNODB_TRX from a cache that isn't renewed while it is read more often than every 100 ms.
seen = partial(eventually, within=30.0, every=0.3)


@pytest.fixture
def table(database: Database) -> str:
    database.execute("CREATE TABLE kept (id INTEGER PRIMARY KEY)", "INSERT INTO kept VALUES (1)")
    return "kept"


@contextmanager
def reader(database: Database, table: str) -> Iterator[str]:
    """A transaction that has read the table and stays open; gives its session."""
    with database.engine(poolclass=sa.NullPool).connect() as connection:
        connection.exec_driver_sql(f"SELECT * FROM {table}").all()
        yield session_of(connection)


@contextmanager
def statement(database: Database, sql: str) -> Iterator[tuple[str, list[int]]]:
    """A session that runs a statement until it ends; gives its number, and the error that it ended with."""
    errors: list[int] = []
    with database.engine(poolclass=sa.NullPool, isolation_level="AUTOCOMMIT").connect() as connection:
        connection.exec_driver_sql("SET SESSION lock_wait_timeout = 60")
        session = session_of(connection)

        def run() -> None:
            try:
                connection.exec_driver_sql(sql)
            except sa.exc.DBAPIError as error:
                errors.append(getattr(error.orig, "args", (0,))[0])

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield session, errors
        finally:
            thread.join(60)


def session_of(connection: sa.Connection) -> str:
    return str(connection.exec_driver_sql("SELECT CONNECTION_ID()").scalar_one())


@contextmanager
def watcher(url: str) -> Iterator[sa.Connection]:
    engine = sa.create_engine(url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield connection


def test_a_reader_holds_the_table_until_its_transaction_ends(database: Database, table: str) -> None:
    with watcher(database.url) as connection:
        with reader(database, table) as session:
            # MariaDB shows its transactions as they were up to 0.1 s ago.
            (holder,) = seen(
                lambda: [one for one in LOCKS.table_holders(connection, table, None) if one.session == session]
            )
            assert holder.certain == (database.server == "mysql")
            assert holder.state == "idle in transaction"
            assert holder.user
            assert holder.age is not None
            assert timedelta(0) <= holder.age < timedelta(seconds=30)
        seen(lambda: session not in [one.session for one in LOCKS.table_holders(connection, table, None)])


def test_the_table_may_be_named_with_its_schema(database: Database, table: str) -> None:
    schema = sa.make_url(database.url).database
    with watcher(database.url) as connection, reader(database, table) as session:
        seen(lambda: session in [one.session for one in LOCKS.table_holders(connection, table, schema)])


def test_the_oldest_transaction_is_named_first(database: Database, table: str) -> None:
    with watcher(database.url) as connection, reader(database, table) as first, reader(database, table) as second:
        both = [first, second]
        seen(lambda: [o.session for o in LOCKS.table_holders(connection, table, None) if o.session in both] == both)


def test_a_change_that_waits_names_whom_it_waits_for(database: Database, table: str) -> None:
    with watcher(database.url) as connection:
        with reader(database, table) as holder:
            with statement(database, CHANGE) as (waiting, errors):
                found = seen(lambda: LOCKS.blockers(connection, waiting))
                assert holder in [one.session for one in found]
                assert waiting not in [one.session for one in found]
                assert LOCKS.progress(connection, waiting) == ""
                LOCKS.cancel(connection, waiting)
            assert errors == [1317]
        assert LOCKS.blockers(connection, waiting) == ()
    assert database.columns(table) == ["id"]


@contextmanager
def writer(database: Database, table: str) -> Iterator[str]:
    """A transaction that holds the lock of a row; gives its session."""
    with database.engine(poolclass=sa.NullPool, connect_args={"program_name": "the-other-one"}).connect() as connection:
        connection.exec_driver_sql(f"UPDATE {table} SET id = id + 10 WHERE id = 1")
        yield session_of(connection)


def test_a_statement_that_waits_for_a_row_names_whom_it_waits_for(database: Database, table: str) -> None:
    with watcher(database.url) as connection:
        with writer(database, table) as holder:
            with statement(database, ROWS) as (waiting, errors):
                (found,) = seen(lambda: LOCKS.blockers(connection, waiting))
                LOCKS.cancel(connection, waiting)
            assert errors == [1317]
            assert (found.session, found.certain, found.state) == (holder, True, "idle in transaction")
            assert found.user
            assert found.age is not None
            assert timedelta(0) <= found.age < timedelta(seconds=30)
            # MariaDB doesn't keep what a client calls itself, unless its performance_schema is on.
            assert found.application == ("the-other-one" if database.server == "mysql" else "")
        seen(lambda: LOCKS.blockers(connection, waiting) == ())
    assert database.rows("SELECT id FROM kept") == [(1,)]


def test_who_holds_another_row_is_not_named(database: Database, table: str) -> None:
    database.execute("INSERT INTO kept VALUES (2)")
    with (
        watcher(database.url) as connection,
        writer(database, table) as holder,
        database.engine(poolclass=sa.NullPool).connect() as other,
    ):
        other.exec_driver_sql("UPDATE kept SET id = 3 WHERE id = 2")
        with statement(database, ROWS) as (waiting, _):
            found = seen(lambda: LOCKS.blockers(connection, waiting))
            assert [one.session for one in found] == [holder]
            LOCKS.cancel(connection, waiting)


def test_a_statement_of_ours_is_known_again_and_ended(database: Database, table: str) -> None:
    with watcher(database.url) as connection, reader(database, table):
        assert LOCKS.orphans(connection) == ()
        with statement(database, LOCKS.marked(CHANGE, "revision add */ extra")) as (session, errors):
            (orphan,) = seen(lambda: LOCKS.orphans(connection))
            assert orphan.session == session
            assert orphan.age is not None
            assert session not in [one.session for one in LOCKS.table_holders(connection, table, None)]
            LOCKS.cancel(connection, session, end=True)
        assert errors in ([2013], [1317], [1927])
        seen(lambda: not LOCKS.orphans(connection))


def test_orphans_are_those_of_this_database(
    database: Database, table: str, make_database: Callable[[], Database]
) -> None:
    with (
        watcher(make_database().url) as elsewhere,
        watcher(database.url) as connection,
        reader(database, table),
        statement(database, LOCKS.marked(CHANGE, "revision elsewhere")) as (session, _),
    ):
        seen(lambda: LOCKS.orphans(connection))
        assert LOCKS.orphans(elsewhere) == ()
        LOCKS.cancel(connection, session)


def test_other_statements_of_ours_are_no_orphans(database: Database, table: str) -> None:
    with (
        watcher(database.url) as connection,
        reader(database, table),
        statement(database, LOCKS.marked(CHANGE, "data something")) as (session, _),
    ):
        seen(lambda: LOCKS.blockers(connection, session))
        assert LOCKS.orphans(connection) == ()
        LOCKS.cancel(connection, session)


def test_what_is_gone_needs_no_end(database: Database, table: str) -> None:
    with watcher(database.url) as connection:
        with reader(database, table) as session:
            pass
        seen(lambda: connection.execute(_ALIVE, {"session": session}).scalar() == 0)
        LOCKS.cancel(connection, session)
        LOCKS.cancel(connection, session, end=True)


_ALIVE = sa.text("SELECT count(*) FROM information_schema.processlist WHERE id = :session")


@pytest.fixture
def large(database: Database) -> str:
    """A table whose copy takes about a second."""
    digits = " UNION ALL ".join(f"SELECT {digit} AS d" for digit in range(10))
    database.execute(
        "CREATE TABLE large (id INTEGER PRIMARY KEY AUTO_INCREMENT, a INTEGER, b VARCHAR(100))",
        f"INSERT INTO large (a, b) SELECT p.d, repeat('x', 90) FROM ({digits}) p, ({digits}) q, ({digits}) r,"
        f" ({digits}) s, ({digits}) t",
    )
    return "large"


def test_a_copy_says_how_far_it_is(database: Database, large: str) -> None:
    with watcher(database.url) as connection:
        with statement(database, f"ALTER TABLE {large} MODIFY a BIGINT, ALGORITHM=COPY") as (session, errors):
            said = seen(lambda: LOCKS.progress(connection, session))
        assert errors == []
        assert said
        # MariaDB shows a session as writing its answer for a moment after the client has it.
        seen(lambda: LOCKS.progress(connection, session) == "")


RUNS = """
import sys
import sqlalchemy as sa
with sa.create_engine(sys.argv[1]).connect() as connection:
    connection.exec_driver_sql(sys.argv[2])
"""


def test_a_statement_whose_client_was_killed_is_seen_until_it_ends(database: Database, large: str) -> None:
    change = LOCKS.marked(f"ALTER TABLE {large} ADD COLUMN late INTEGER, ALGORITHM=COPY", "revision late")
    with watcher(database.url) as connection:
        client = subprocess.Popen([sys.executable, "-c", RUNS, database.url, change], stderr=subprocess.DEVNULL)
        (orphan,) = seen(lambda: LOCKS.orphans(connection))
        client.kill()
        client.wait()
        assert [one.session for one in LOCKS.orphans(connection)] == [orphan.session]
        seen(lambda: not LOCKS.orphans(connection), within=60)
    assert "late" in database.columns(large)


def test_an_ordinary_login_is_told_what_it_may_see_and_no_more(
    database: Database, table: str, make_login: Callable[..., str]
) -> None:
    with watcher(make_login("all")) as connection, reader(database, table) as session:
        assert LOCKS.table_holders(connection, table, None) == ()
        assert LOCKS.orphans(connection) == ()
        assert LOCKS.progress(connection, session) == ""
        assert LOCKS.blockers(connection, session) == ()
        with pytest.raises(PrivilegeError) as refused:
            LOCKS.cancel(connection, session)
    assert refused.value.fields["code"] == "1095"


def test_an_ordinary_login_ends_what_is_its_own(database: Database, table: str, make_login: Callable[..., str]) -> None:
    url = make_login("all")
    ours = Database(url=url, server=database.server, dialect=database.dialect)
    with watcher(url) as connection, reader(database, table):
        with statement(ours, LOCKS.marked(CHANGE, "revision mine")) as (session, errors):
            (orphan,) = seen(lambda: LOCKS.orphans(connection))
            LOCKS.cancel(connection, orphan.session)
        assert (orphan.session, errors) == (session, [1317])
    ours.dispose()
