"""A run that a limit ends asks whether rows remain, and counts them only where it doesn't know."""

from __future__ import annotations

from migrator.model.data import DataState
from tests.integration.data.running import ITEM, Runner, add, fill, items
from tests.integration.data.test_update import statements_of
from tests.support.database import Database


def counts(sent: list[str]) -> int:
    return sum(one.lower().startswith("select count(*)") for one in sent)


def test_only_the_first_run_of_a_pass_and_its_end_count_the_rows(database: Database) -> None:
    items(database, 40)
    runner = Runner(database=database, migrations=[fill(batch_size=10)])
    counted = []
    for remaining in (25, 10):
        with statements_of("item") as sent:
            report = runner(15)
        (row,) = report.rows
        assert (report.exit_code, row.state, row.remaining, row.reckoned) == (1, DataState.RUNNING, remaining, True)
        counted.append(counts(sent))
    with statements_of("item") as sent:
        report = runner(15)
    assert (report.exit_code, report.rows[0].remaining, report.rows[0].reckoned) == (0, 0, False)
    assert [*counted, counts(sent)] == [1, 0, 1]


def test_a_limit_that_meets_the_last_row_counts_and_says_that_it_is_done(database: Database) -> None:
    items(database, 20)
    report = Runner(database=database, migrations=[fill(batch_size=10)])(20)
    assert (report.exit_code, report.rows[0].state, report.rows[0].reckoned) == (0, DataState.DONE, False)


def test_where_rows_remain_only_in_front_of_the_watermark_they_are_counted(database: Database) -> None:
    items(database, 20)
    runner = Runner(database=database, migrations=[fill(batch_size=10)])
    assert runner(10).exit_code == 1
    add(database, [-3, -2, -1])
    database.execute("UPDATE item SET new = old WHERE id > 11")
    report = runner(1)
    assert (report.exit_code, report.rows[0].remaining, report.rows[0].reckoned) == (1, 3, False)


def test_parked_rows_are_no_reason_to_go_on(database: Database) -> None:
    items(database, 20)
    if database.dialect == "sqlite":
        database.execute(
            "CREATE TRIGGER refuse BEFORE UPDATE ON item WHEN NEW.new = 15 BEGIN SELECT RAISE(ABORT, 'no'); END"
        )
    else:
        database.execute("ALTER TABLE item ADD CHECK (new <> 15)")
    migration = fill(batch_size=10, set={"new": ITEM.c.old, "touched": ITEM.c.touched + 1})
    report = Runner(database=database, migrations=[migration])(20)
    assert (report.rows[0].state, report.rows[0].remaining, report.rows[0].quarantined) == (DataState.BLOCKED, 1, 1)
