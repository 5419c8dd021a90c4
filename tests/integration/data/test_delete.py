"""Deletes in batches on each database, against one DELETE on a copy of the table."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from migrator.data.kinds import DeleteMigration
from migrator.model.data import DataKind, DataState
from tests.integration.data.running import ITEM, Runner, add, items, states
from tests.support.database import Database

MIXED = sa.or_(ITEM.c.old.between(3, 9), ITEM.c.bad == 1, ITEM.c.id > 40)
ROWS = "SELECT id, old, bad FROM {} ORDER BY id"


def purge(**options: Any) -> DeleteMigration:
    return DeleteMigration(**{"name": "purge", "table": ITEM, "where": MIXED, **options})


@pytest.mark.parametrize("batch_size", [1, 7, 1000])
def test_what_is_left_is_what_one_delete_leaves(database: Database, batch_size: int) -> None:
    items(database, 50, bad=(1, 20, 39))
    database.execute("CREATE TABLE oracle AS SELECT * FROM item")
    database.execute("DELETE FROM oracle WHERE old BETWEEN 3 AND 9 OR bad = 1 OR id > 40")
    runner = Runner(database=database, migrations=[purge(batch_size=batch_size)])
    report = runner()
    (row,) = report.rows
    assert (report.exit_code, row.state, row.kind) == (0, DataState.DONE, DataKind.DELETE)
    assert database.rows(ROWS.format("item")) == database.rows(ROWS.format("oracle"))
    assert row.found == row.done == 50 - len(database.rows(ROWS.format("oracle")))
    assert (runner().rows[0].done, runner.stored("purge").done) == (0, row.done)


def test_max_count_bounds_it_and_the_next_run_goes_on(database: Database) -> None:
    items(database, 25)
    runner = Runner(database=database, migrations=[purge(where=ITEM.c.id > 0, batch_size=4)])
    report = runner(10)
    assert (report.exit_code, report.done, database.scalar("SELECT count(*) FROM item")) == (1, 10, 15)
    assert runner.exit_codes(5) == [1, 1, 0]
    assert database.scalar("SELECT count(*) FROM item") == 0


@pytest.mark.servers("postgresql", "postgresql-psycopg", "mariadb", "mysql")
def test_a_row_that_a_foreign_key_holds_is_parked_by_its_code_and_stays(database: Database) -> None:
    items(database, 3)
    database.execute(
        "CREATE TABLE child (id INTEGER PRIMARY KEY, item INTEGER, FOREIGN KEY (item) REFERENCES item(id))"
    )
    database.execute("INSERT INTO child VALUES (1, 2)")
    report = Runner(database=database, migrations=[purge(where=ITEM.c.id > 0)])()
    assert (report.exit_code, states(report)) == (1, {"purge": DataState.BLOCKED})
    assert report.rows[0].error_code
    assert database.rows("SELECT id FROM item") == [(2,)]


def test_a_row_that_comes_back_each_time_does_not_make_it_endless(database: Database) -> None:
    items(database, 3)

    def told(progress: Any) -> None:
        if progress.done and not database.scalar("SELECT count(*) FROM item"):
            add(database, range(1, 4))

    report = Runner(database=database, migrations=[purge(where=ITEM.c.id > 0)])(progress=told)
    assert (report.exit_code, states(report)) == (1, {"purge": DataState.RUNNING})


def test_nova_s_callable_deletes_one_batch_in_the_caller_s_transaction(database: Database) -> None:
    items(database, 5)

    class NovaContext:
        connection: sa.Connection

    context = NovaContext()
    everything = purge(where=ITEM.c.id > 0)
    with database.engine().connect() as context.connection:
        assert everything(context, 2) == (2, 2)
        context.connection.rollback()
        assert [everything(context, 3) for _ in range(3)] == [(3, 3), (2, 2), (0, 0)]
        context.connection.commit()
    assert database.scalar("SELECT count(*) FROM item") == 0
