"""Our own tables come to be once, however many runners make them at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from migrator.errors import PrivilegeError
from migrator.model.data import DataState
from migrator.state.data_progress import DataRow, add_rows, lock_row, read_progress, read_rows, write_row
from migrator.state.journal import STARTED, JournalKey, read_journal, write_journal
from migrator.state.store import Store
from migrator.state.tables import SCHEMA_VERSION
from tests.support.database import Database
from tests.support.wiring import opened

RUNNERS = 6
ROUNDS = 8


def test_runners_at_once_all_find_our_tables_made(database: Database) -> None:
    for _ in range(ROUNDS):
        barrier = threading.Barrier(RUNNERS)

        def make(barrier: threading.Barrier = barrier) -> None:
            store = Store(database=opened(database))
            barrier.wait()
            store.ensure()

        with ThreadPoolExecutor(RUNNERS) as pool:
            for future in [pool.submit(make) for _ in range(RUNNERS)]:
                future.result()
        assert database.scalar("SELECT count(*) FROM migrator_schema") == 1
        database.execute(*(f"DROP TABLE {table}" for table in database.tables()))


NEWER = {"batch_size", "throttled_ms", "control", "ratio_permille", "ratio_until", "held_by", "held_at"}


def of_version_1(database: Database) -> Store:
    """Our tables as the first version made them, with a data migration that had run."""
    store = Store(database=opened(database))
    store.ensure()
    with store.database.transaction("test") as connection:
        add_rows(store, connection, ["fill"])
        write_row(store, connection, DataRow(name="fill", state=DataState.RUNNING, found=7, done=5))
    database.execute("UPDATE migrator_schema SET version = 1", "DROP TABLE migrator_service")
    database.execute(*(f"ALTER TABLE migrator_data_migration DROP COLUMN {name}" for name in sorted(NEWER)))
    return Store(database=opened(database))


def test_what_an_older_migrator_stored_is_read_without_a_change(database: Database) -> None:
    store = of_version_1(database)
    with store.database.autocommit("test") as connection:
        assert store.outdated(connection)
        (row,) = read_rows(store, connection).values()
        assert (row.found, row.done, row.batch_size, row.control.paused) == (7, 5, None, False)
        assert read_progress(store, connection)["fill"].done == 5
    assert not NEWER & set(database.columns("migrator_data_migration"))


def test_the_columns_that_an_older_migrator_did_not_know_are_added_and_its_rows_stay(database: Database) -> None:
    store = of_version_1(database)
    store.ensure()
    assert set(database.columns("migrator_data_migration")) == {c.name for c in store.tables.data_migration.c}
    with store.database.transaction("test") as connection:
        row = lock_row(store, connection, "fill")
    assert (row.done, row.batch_size, row.throttled_ms) == (5, None, None)
    assert database.rows("SELECT version FROM migrator_schema") == [(SCHEMA_VERSION,)]


def test_an_older_migrator_goes_on_writing_to_the_completed_table(database: Database) -> None:
    store = of_version_1(database)
    older = sa.Table("migrator_data_migration", sa.MetaData(), autoload_with=database.engine())
    store.ensure()
    with database.engine().begin() as connection:
        connection.execute(sa.insert(older).from_select(list(older.c.keys()), _copy_of(older)))
    assert len(read(store)) == 2


def _copy_of(table: sa.Table) -> sa.Select[tuple[object, ...]]:
    columns = [sa.literal("other").label("name") if c.name == "name" else c for c in table.c]
    return sa.select(*columns)


def read(store: Store) -> dict[str, DataRow]:
    with store.database.autocommit("test") as connection:
        return dict(read_rows(store, connection))


def test_runners_at_once_complete_the_tables_of_an_older_one(database: Database) -> None:
    of_version_1(database)
    barrier = threading.Barrier(RUNNERS)

    def complete() -> None:
        store = Store(database=opened(database))
        barrier.wait()
        store.ensure()

    with ThreadPoolExecutor(RUNNERS) as pool:
        for future in [pool.submit(complete) for _ in range(RUNNERS)]:
            future.result()
    assert set(database.columns("migrator_data_migration")) >= NEWER
    assert database.rows("SELECT version FROM migrator_schema") == [(SCHEMA_VERSION,)]


@pytest.mark.servers("postgresql", "mariadb", "mysql")
def test_a_role_without_rights_reads_an_older_one_and_is_told_the_statements(
    database: Database, make_login: Callable[..., str]
) -> None:
    of_version_1(database)
    small = Database(url=make_login("rows"), server=database.server, dialect=database.dialect)
    store = Store(database=opened(small))
    assert read(store)["fill"].done == 5
    with pytest.raises(PrivilegeError) as refused:
        store.ensure()
    assert "CREATE TABLE migrator_service" in refused.value.remedy
    assert "ALTER TABLE migrator_data_migration ADD COLUMN batch_size" in refused.value.remedy
    small.dispose()


def test_a_step_in_a_state_that_a_newer_migrator_invented_has_an_unknown_outcome(database: Database) -> None:
    store = Store(database=opened(database))
    store.ensure()
    key = JournalKey(digest="0" * 64, nth=0)
    with store.database.transaction("test") as connection:
        write_journal(store, connection, "e1", key, "dreaming", run_id="r", session="s")
        assert read_journal(store, connection, "e1")[key].state == STARTED
