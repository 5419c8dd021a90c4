"""Rows in quarantine that a person waived hold nothing up any more, and only these."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa

from migrator.data.control import retry
from migrator.data.kinds import UpdateMigration
from migrator.data.quarantine import any_but_waived, remaining_but_waived
from migrator.data.verify import verify
from migrator.data.waiving import LONGEST_REASON, MOST_WAIVED, waive
from migrator.errors import UsageError
from migrator.model.data import DataState
from migrator.model.ledger import Event, LedgerEntry
from migrator.state.data_progress import add_rows
from migrator.state.ledger import read_ledger
from migrator.state.quarantine import Entry, park
from tests.integration.data.running import Runner, open_store
from tests.integration.data.test_quarantine import BAD, CHECKED, KINDS, checked, done, entries, update
from tests.support.database import Database

WHY = "nobody reads them"


def ledger(database: Database) -> tuple[LedgerEntry, ...]:
    store = open_store(database.url)
    with store.database.autocommit("test") as connection:
        return read_ledger(store, connection)


def left(database: Database, runner: Runner) -> tuple[int, int, bool]:
    """What the gate counts, the waived ones, and whether any is left, as status asks."""
    store = open_store(database.url)
    with store.database.autocommit("test") as connection:
        (migration,) = runner.migrations
        found = remaining_but_waived(store, connection, migration)
        return found.rows, found.waived, any_but_waived(store, connection, migration)


@pytest.mark.parametrize("kind", KINDS)
def test_with_all_of_its_parked_rows_waived_a_data_migration_is_done(database: Database, kind: str) -> None:
    checked(database)
    runner = Runner(database=database, migrations=[KINDS[kind]()])
    runner()
    assert left(database, runner) == (3, 0, True)
    waive(open_store(database.url), "kind", reason=WHY)
    assert left(database, runner) == (0, 3, False)
    report = runner()
    (row,) = report.rows
    assert (report.exit_code, row.state, row.found) == (0, DataState.DONE, 0)
    assert (row.quarantined, row.waived, row.remaining) == (0, 3, 0)
    stored = runner.stored("kind")
    assert (stored.state, stored.quarantined, stored.waived, stored.error_class) == (DataState.DONE, 0, 3, "")
    for one in entries(database):
        assert (one.waived, one.waived_reason, one.waived_by != "") == (True, WHY, True)
        assert one.waived_at is not None
    assert runner().exit_code == 0


def test_only_the_rows_that_were_named_are_waived(database: Database) -> None:
    checked(database)
    runner = Runner(database=database, migrations=[update()])
    runner()
    waive(open_store(database.url), "kind", reason=WHY, keys=["3", '["11"]'])
    assert left(database, runner) == (1, 2, True)
    report = runner()
    assert (report.exit_code, report.rows[0].state) == (2, DataState.BLOCKED)
    assert (report.rows[0].quarantined, report.rows[0].waived) == (1, 2)
    waive(open_store(database.url), "kind", reason=WHY, keys=["4"])
    assert runner().exit_code == 0


def test_a_waived_row_is_waived_by_its_key_and_no_other_row_instead_of_it(database: Database) -> None:
    checked(database)
    runner = Runner(database=database, migrations=[update()])
    runner()
    waive(open_store(database.url), "kind", reason=WHY)
    database.execute("UPDATE checked SET old = -77 WHERE id = 3")
    assert left(database, runner) == (0, 3, False), "changed since, and still to do"
    database.execute("UPDATE checked SET new = 1 WHERE id = 4", "INSERT INTO checked (id, old) VALUES (50, -50)")
    assert left(database, runner) == (1, 2, True), "one less of the waived ones, one more of the others"
    report = runner()
    assert (report.exit_code, report.rows[0].quarantined, report.rows[0].waived) == (2, 1, 2)


def test_a_retry_takes_waived_rows_up_again_and_then_none_is_waived(database: Database) -> None:
    checked(database)
    runner = Runner(database=database, migrations=[update()])
    runner()
    waive(open_store(database.url), "kind", reason=WHY)
    assert runner().exit_code == 0
    retry(open_store(database.url), "kind")
    report = runner()
    assert (report.exit_code, report.rows[0].quarantined, report.rows[0].waived) == (2, 3, 0)
    assert {one.attempts for one in entries(database)} == {2}
    database.execute("UPDATE checked SET old = id WHERE old < 0")
    retry(open_store(database.url), "kind")
    assert (runner().exit_code, done(database, "update"), entries(database)) == (0, 12, [])


def test_a_row_that_was_waived_and_then_mended_is_taken_up_when_it_is_to_do_again(database: Database) -> None:
    checked(database)
    runner = Runner(database=database, migrations=[update()])
    runner()
    waive(open_store(database.url), "kind", reason=WHY)
    database.execute("UPDATE checked SET new = 1 WHERE new IS NULL")
    assert (runner().rows[0].waived, len(entries(database))) == (0, 3), "who waived them is kept"
    database.execute("UPDATE checked SET new = NULL, old = 3 WHERE id = 3")
    retry(open_store(database.url), "kind")
    assert (runner().exit_code, entries(database)) == (0, [])


def test_who_waived_how_many_rows_why_and_when_stands_in_the_ledger_once(database: Database) -> None:
    checked(database)
    Runner(database=database, migrations=[update()])()
    for _ in range(2):
        waive(open_store(database.url), "kind", reason=WHY, keys=["3", "4"], change="it", release="2026.1")
    (entry,) = ledger(database)
    assert (entry.event, entry.change, entry.release) == (Event.WAIVED, "it", "2026.1")
    assert entry.reason == f"2 rows of kind: {WHY}"
    assert entry.by
    assert entry.at is not None


def test_a_run_in_several_ranges_leaves_waived_rows_out(database: Database) -> None:
    checked(database, count=300)
    workers = 1 if database.dialect == "sqlite" else 2
    runner = Runner(database=database, migrations=[update(batch_size=50)])
    assert runner(workers=workers).exit_code == 1
    waive(open_store(database.url), "kind", reason=WHY)
    with database.engine().begin() as connection:
        connection.execute(sa.insert(CHECKED), [{"id": number, "old": number} for number in range(400, 500)])
    report = runner(workers=workers)
    assert (report.exit_code, report.rows[0].done, report.rows[0].waived) == (0, 100, 3)


def test_what_can_not_be_waived_is_refused_and_nothing_is_written(database: Database) -> None:
    checked(database)
    runner = Runner(database=database, migrations=[update()])
    store = open_store(database.url)
    with pytest.raises(UsageError, match="no row in quarantine"):
        waive(store, "kind", reason=WHY)
    runner()
    for reason in ("", "  ", "x" * (LONGEST_REASON + 1)):
        with pytest.raises(UsageError, match="reason"):
            waive(store, "kind", reason=reason)
    with pytest.raises(UsageError, match="no such row"):
        waive(store, "kind", reason=WHY, keys=["3", "5"])
    assert left(database, runner) == (3, 0, True)
    assert ledger(database) == ()


def parked(database: Database, row_keys: list[str]) -> None:
    """As if these rows had failed."""
    store = open_store(database.url)
    store.ensure()
    with store.database.transaction("test") as connection:
        add_rows(store, connection, ["kind"])
        park(store, connection, "kind", [Entry(row_key=one, error_class="x") for one in row_keys])


def test_a_key_that_may_mean_two_rows_is_to_be_written_as_json(database: Database) -> None:
    two = [[["s", "a, b"], ["s", "c"]], [["s", "a"], ["s", "b, c"]]]
    parked(database, [json.dumps(one) for one in two])
    store = open_store(database.url)
    with pytest.raises(UsageError, match="may mean 2 rows"):
        waive(store, "kind", reason=WHY, keys=["a, b, c"])
    waive(store, "kind", reason=WHY, keys=['["a, b", "c"]'])
    assert [one.row_key for one in entries(database) if one.waived] == [json.dumps(two[0])]


def test_so_many_rows_are_no_exception_any_more(database: Database) -> None:
    parked(database, [f'[["i", {number}]]' for number in range(MOST_WAIVED + 1)])
    with pytest.raises(UsageError, match="no exception"):
        waive(open_store(database.url), "kind", reason=WHY)
    assert not any(one.waived for one in entries(database))


def test_both_sides_of_a_copy_are_compared_without_waived_rows(database: Database) -> None:
    checked(database)
    migration = KINDS["copy"]()
    Runner(database=database, migrations=[migration])()
    store = open_store(database.url)

    def found() -> tuple[bool, int, int, int]:
        with store.database.autocommit("test") as connection:
            one = verify(store, connection, migration)
        assert one.comparison is not None
        return one.holds, one.remaining, one.waived, one.comparison.source

    assert found() == (False, 3, 0, 12)
    waive(store, "kind", reason=WHY)
    assert found() == (True, 0, 3, 12 - len(BAD))
    database.execute("DELETE FROM copied WHERE id = 5")
    assert found() == (False, 1, 3, 12 - len(BAD))


def test_keys_of_two_texts_are_left_out_too(database: Database) -> None:
    database.execute(
        "CREATE TABLE pair (a VARCHAR(20) NOT NULL, b INTEGER NOT NULL, old INTEGER, new INTEGER,"
        " CONSTRAINT pair_positive CHECK (new > 0), PRIMARY KEY (a, b))",
        "INSERT INTO pair (a, b, old) VALUES ('x', 1, 1), ('x', 2, -2), ('y', 1, -1), ('y', 2, 2)",
    )
    pair = sa.table("pair", sa.column("a"), sa.column("b"), sa.column("old"), sa.column("new"))
    migration = UpdateMigration(name="kind", table=pair, set={"new": pair.c.old}, where=pair.c.new.is_(None))
    runner = Runner(database=database, migrations=[migration])
    runner()
    waive(open_store(database.url), "kind", reason=WHY, keys=["x, 2"])
    assert left(database, runner) == (1, 1, True)
    waive(open_store(database.url), "kind", reason=WHY, keys=["y, 1"])
    assert (left(database, runner), runner().exit_code) == ((0, 2, False), 0)
