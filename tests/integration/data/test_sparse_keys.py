"""Few rows to do among many, numbers that lie as far apart as they can: what that costs, by the server's counters."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from migrator.data.kinds import UpdateMigration
from tests.integration.data.running import ITEM, Runner, learned, open_store
from tests.integration.data.test_key_cost import analyze, big_table
from tests.support.database import Database
from tests.support.touched import Touched

SERVERS = pytest.mark.servers("postgresql", "mariadb", "mysql")
DIGITS = 4
ROWS = 10_000
FAR = 2**62
TO_DO = 10


def sparse(database: Database) -> int:
    """Ten thousand rows, dense but for three huge gaps; ten of them, all over the place, are to do.  Returns what one
    reading of the table touches: pages on PostgreSQL, else rows."""
    big_table(database, DIGITS)
    database.execute(
        "UPDATE item SET new = old WHERE id % 1000 <> 500",
        f"UPDATE item SET id = id + {FAR} WHERE id >= 7500",
        f"UPDATE item SET id = id - {FAR} WHERE id < 2500",
        "UPDATE item SET id = id + 1000000000000 WHERE id >= 5000 AND id < 7500",
        *analyze(database),
    )
    if database.dialect != "postgresql":
        return ROWS
    size = "pg_relation_size('item') + pg_indexes_size('item')"
    return int(database.scalar(f"SELECT ({size}) / current_setting('block_size')::int"))


def migration(batch_size: int) -> UpdateMigration:
    changed: dict[str, Any] = {"new": ITEM.c.old, "touched": ITEM.c.touched + 1}
    where = ITEM.c.new.is_distinct_from(ITEM.c.old)
    return UpdateMigration(name="fill", table=ITEM, set=changed, where=where, batch_size=batch_size)


class Sent:
    """Counts the statements that go to the table."""

    def __init__(self, engine: sa.Engine) -> None:
        self.count = 0
        sa.event.listen(engine, "before_cursor_execute", self._execute)

    def _execute(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        self.count += " item" in statement


def done(database: Database) -> int:
    assert database.scalar("SELECT count(*) FROM item WHERE touched > 1") == 0
    return int(database.scalar("SELECT count(*) FROM item WHERE touched = 1"))


@SERVERS
def test_ten_rows_among_many_are_found_in_one_batch_that_reads_the_table_a_few_times(database: Database) -> None:
    once = sparse(database)
    store = open_store(database.url)
    touched, sent = Touched(table="item"), Sent(store.database.engine)
    touched.watch(store.database.engine)
    assert Runner(database=database, migrations=[migration(1000)]).on(store).exit_code == 0
    assert done(database) == TO_DO
    assert len(touched.each) == 1
    # To choose, to change, to look what stayed; an index in the key's order may touch a page of rows once a row.
    most = 4 * once if database.dialect == "mysql" else 4 * (once + ROWS)
    assert sum(touched.each) <= most, (touched.each, once)
    assert sent.count <= 10, "however wide the gaps"


@SERVERS
def test_a_row_a_batch_goes_on_behind_the_last_one_and_never_from_the_beginning(database: Database) -> None:
    once = sparse(database)
    store = open_store(database.url)
    learned(database, "fill", 1)
    touched = Touched(table="item")
    touched.watch(store.database.engine)
    assert Runner(database=database, migrations=[migration(1)]).on(store).exit_code == 0
    assert (done(database), len(touched.each)) == (TO_DO, TO_DO)
    most = 4 * once if database.dialect == "mysql" else 4 * (once + ROWS)
    assert sum(touched.each) <= most, "each stretch of the table a few times, not once for each batch behind it"


@SERVERS
def test_workers_cut_ranges_by_the_rows_and_not_by_the_width_of_the_gaps(database: Database) -> None:
    sparse(database)
    store = open_store(database.url)
    sent = Sent(store.database.engine)
    report = Runner(database=database, migrations=[migration(2)]).on(store, workers=3)
    assert (report.exit_code, done(database)) == (0, TO_DO)
    assert sent.count <= 150, "some for each of the ranges, of which there are no more than rows"
