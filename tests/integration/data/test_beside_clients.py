"""Batches beside clients that hold, insert and change rows meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa

from migrator.model.data import DataState
from migrator.model.database import Step
from tests.integration.data.running import Runner, add, fill, items, states
from tests.support.database import Database

servers_only = pytest.mark.servers("postgresql", "postgresql-psycopg", "mariadb", "mysql")


@contextmanager
def once_before_the_update(act: Any, *, times: int = 1) -> Iterator[list[str]]:
    """Call ``act`` between the choice of rows and their UPDATE, the first so many times; yields the UPDATEs."""
    updates: list[str] = []

    def execute(_c: Any, _cursor: Any, statement: str, _p: Any, _context: Any, _many: bool) -> None:
        if "UPDATE item" in statement:
            updates.append(statement)
            if len(updates) <= times:
                act()

    sa.event.listen(sa.Engine, "before_cursor_execute", execute)
    try:
        yield updates
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", execute)


@servers_only
def test_rows_that_come_into_the_range_never_make_a_batch_larger_than_max_count(database: Database) -> None:
    items(database, 0)
    add(database, range(10, 100, 10))
    runner = Runner(database=database, migrations=[fill()])
    with once_before_the_update(lambda: add(database, [11, 12, 13])) as updates:
        report = runner(4)
    assert (report.exit_code, report.found, report.done) == (1, 4, 4)
    assert len(updates) > 1
    assert database.scalar("SELECT count(*) FROM item WHERE touched > 0") == 4
    assert runner().exit_code == 0
    assert database.rows("SELECT touched, count(*) FROM item GROUP BY touched") == [(1, 12)]


@servers_only
@pytest.mark.parametrize("workers", [1, 2])
def test_rows_that_come_in_before_each_single_row_end_the_batch_with_the_reason(
    database: Database, workers: int
) -> None:
    items(database, 0)
    add(database, [1000])
    runner = Runner(database=database, migrations=[fill()])
    before = iter(range(999, 0, -1))
    with once_before_the_update(lambda: add(database, [next(before)]), times=50) as updates:
        report = runner(1, workers=workers)
    (row,) = report.rows
    assert (report.exit_code, row.state, row.error_class) == (2, DataState.FAILED, "TooManyRowsError")
    assert "more rows than the 1 that --max-count leaves" in row.note
    assert len(updates) == 10
    assert database.scalar("SELECT count(*) FROM item WHERE touched > 0") == 0, "each batch was rolled back"
    assert runner().exit_code == 0


@servers_only
def test_a_row_that_a_client_changed_or_deleted_after_it_was_chosen_is_neither_overwritten_nor_missed(
    database: Database,
) -> None:
    items(database, 4)
    runner = Runner(database=database, migrations=[fill()])

    def client() -> None:
        database.execute("UPDATE  item SET new = 2 WHERE id = 2", "DELETE FROM item WHERE id = 3")

    with once_before_the_update(client):
        report = runner()
    assert (report.exit_code, report.done) == (0, 2)
    assert database.rows("SELECT id, touched FROM item ORDER BY id") == [(1, 1), (2, 0), (4, 1)]


class ReleasesAtTheSecondBatch:
    """Holds a row until the batch that waited for it is tried again."""

    def __init__(self, holder: sa.Connection) -> None:
        self.holder = holder
        self.batches = 0

    def before(self, step: Step) -> None:
        self.batches += step.kind == "batch"
        if self.batches == 2:
            self.holder.rollback()

    def after(self, step: Step) -> None:
        """Nothing."""


@servers_only
def test_a_batch_that_meets_a_row_lock_for_too_long_is_tried_again(database: Database) -> None:
    items(database, 5)
    with database.engine().connect() as holder:
        holder.execute(sa.text("SELECT id FROM item WHERE id = 3 FOR UPDATE"))
        observer = ReleasesAtTheSecondBatch(holder)
        report = Runner(database=database, migrations=[fill()])(observer=observer)
    assert (report.exit_code, states(report), observer.batches) == (0, {"fill": DataState.DONE}, 2)
    assert database.rows("SELECT touched, count(*) FROM item GROUP BY touched") == [(1, 5)]


class ReleasesAtTheSecondBegin:
    """Holds the file until the write transaction that waited for it is tried again."""

    def __init__(self, holder: sa.Connection) -> None:
        self.holder = holder
        self.begins = 0
        holder.exec_driver_sql("BEGIN IMMEDIATE")

    def execute(self, _c: Any, _cursor: Any, statement: str, _p: Any, _context: Any, _many: bool) -> None:
        self.begins += statement == "BEGIN IMMEDIATE"
        if self.begins == 2 and statement == "BEGIN IMMEDIATE":
            self.holder.exec_driver_sql("ROLLBACK")


@pytest.mark.servers("sqlite")
def test_a_batch_that_meets_another_writer_of_the_file_is_tried_again(database: Database) -> None:
    items(database, 5)
    runner = Runner(database=database, migrations=[fill()])
    runner(1)
    with database.engine(isolation_level="AUTOCOMMIT").connect() as holder:
        releases = ReleasesAtTheSecondBegin(holder)
        sa.event.listen(sa.Engine, "before_cursor_execute", releases.execute)
        try:
            report = runner()
        finally:
            sa.event.remove(sa.Engine, "before_cursor_execute", releases.execute)
    assert (report.exit_code, report.done) == (0, 4)
    assert releases.begins > 2
