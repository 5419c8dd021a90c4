"""Set-based data migrations on each database."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import pytest
import sqlalchemy as sa

from migrator.errors import ConfigurationError
from migrator.model.data import DataProgress, DataState
from tests.integration.data.running import ITEM, Runner, add, fill, items, learned, states, table_named
from tests.support.database import Database


def untouched(database: Database, table: str = "item") -> int:
    return int(database.scalar(f"SELECT count(*) FROM {table} WHERE touched = 0"))


def touched_more_than_once(database: Database, table: str = "item") -> int:
    return int(database.scalar(f"SELECT count(*) FROM {table} WHERE touched > 1"))


def test_all_rows_are_done_once_in_batches_and_a_second_run_does_nothing(database: Database) -> None:
    items(database, 25)
    runner = Runner(database=database, migrations=[fill(batch_size=10)])
    report = runner()
    (row,) = report.rows
    assert (report.exit_code, row.state, row.found, row.done, row.remaining) == (0, DataState.DONE, 25, 25, 0)
    assert database.scalar("SELECT count(*) FROM item WHERE new = old AND touched = 1") == 25
    before = database.rows("SELECT * FROM migrator_data_migration")
    again = runner()
    assert (again.exit_code, again.rows[0].found, again.rows[0].state) == (0, 0, DataState.DONE)
    assert database.rows("SELECT * FROM migrator_data_migration") == before


def test_an_empty_table_is_recorded_as_not_needed(database: Database) -> None:
    items(database, 0)
    runner = Runner(database=database, migrations=[fill()])
    assert states(runner()) == {"fill": DataState.NOT_NEEDED}
    assert runner.stored("fill").state is DataState.NOT_NEEDED
    add(database, [1])
    assert states(runner()) == {"fill": DataState.DONE}


def test_rows_that_appear_after_it_was_done_are_done_by_the_next_run(database: Database) -> None:
    items(database, 3)
    runner = Runner(database=database, migrations=[fill()])
    assert runner().exit_code == 0
    add(database, [4, 5])
    report = runner()
    assert (report.exit_code, report.rows[0].done) == (0, 2)
    assert runner.stored("fill").done == 5


def test_max_count_bounds_the_rows_tried_and_one_more_run_with_the_last_row_exits_0(database: Database) -> None:
    items(database, 25)
    runner = Runner(database=database, migrations=[fill(batch_size=4)])
    report = runner(10)
    assert (report.exit_code, report.found, report.done, report.limited) == (1, 10, 10, True)
    assert report.rows[0].remaining == untouched(database) == 15
    assert runner.exit_codes(5) == [1, 1, 0]


def test_three_migrations_take_turns_and_the_turn_is_remembered_between_runs(database: Database) -> None:
    names = ["one", "two", "three"]
    for name in names:
        items(database, 100, table=name)
    runner = Runner(database=database, migrations=[fill(name, table=table_named(name)) for name in names])
    for _ in range(30):
        assert runner(1).exit_code == 1
    assert [100 - untouched(database, name) for name in names] == [10, 10, 10]


def test_only_runs_one_and_leaves_the_others(database: Database) -> None:
    for name in ("one", "two"):
        items(database, 5, table=name)
    runner = Runner(database=database, migrations=[fill(name, table=table_named(name)) for name in ("one", "two")])
    report = runner(only="two")
    assert (report.exit_code, list(states(report))) == (0, ["two"])
    assert (untouched(database, "one"), untouched(database, "two")) == (5, 0)


def test_a_predicate_that_never_becomes_false_is_blocked_and_its_rows_are_left_as_they_were(database: Database) -> None:
    items(database, 25)
    runner = Runner(database=database, migrations=[fill(where=ITEM.c.id > 0, batch_size=10)])
    report = runner()
    assert (report.exit_code, states(report), report.done) == (2, {"fill": DataState.BLOCKED}, 0)
    assert report.rows[0].remaining == untouched(database) == 25
    assert runner().exit_code == 2


@pytest.mark.parametrize("max_count", [1, 3, 1000])
def test_bad_rows_that_sort_first_do_not_starve_good_ones_and_the_loop_ends(database: Database, max_count: int) -> None:
    items(database, 12, bad=range(1, 7))
    runner = Runner(database=database, migrations=[fill(batch_size=5)])
    codes = runner.exit_codes(max_count)
    assert codes[-1] == 2
    assert database.scalar("SELECT count(*) FROM item WHERE bad = 0 AND touched = 1") == 6
    assert database.scalar("SELECT count(*) FROM item WHERE bad = 1 AND touched = 0") == 6
    assert runner.stored("fill").state is DataState.BLOCKED
    database.execute("UPDATE item SET bad = 0")
    assert runner.exit_codes(max_count)[-1] == 0
    assert touched_more_than_once(database) == 0


def test_a_statement_that_fails_is_recorded_by_class_and_code_and_the_others_go_on(database: Database) -> None:
    for name in ("one", "two"):
        items(database, 5, table=name)
    one, two = table_named("one"), table_named("two")
    failing = fill("one", table=one, set={"touched": sa.null()}, batch_size=2)
    runner = Runner(database=database, migrations=[failing, fill("two", table=two)])
    report = runner()
    assert report.exit_code == 1
    assert states(report) == {"one": DataState.BLOCKED, "two": DataState.DONE}
    assert report.rows[0].error_class == "IntegrityError" or report.rows[0].error_code
    assert (report.rows[0].failed, report.rows[0].done, report.rows[0].quarantined) == (5, 0, 5)
    assert runner().exit_code == 2
    assert runner.stored("one").error_class == report.rows[0].error_class
    assert untouched(database, "one") == 5


@pytest.mark.parametrize("max_count", [1, 4])
def test_a_failing_one_does_not_use_up_the_budget_of_the_others(database: Database, max_count: int) -> None:
    for name in ("one", "two"):
        items(database, 5, table=name)
    failing = fill("one", table=table_named("one"), set={"touched": sa.null()})
    runner = Runner(database=database, migrations=[failing, fill("two", table=table_named("two"))])
    assert runner.exit_codes(max_count)[-1] == 2
    assert untouched(database, "two") == 0


def test_a_table_without_a_usable_key_is_refused_before_anything_is_changed(database: Database) -> None:
    if database.dialect == "sqlite":
        pytest.skip("every SQLite table has a rowid")
    database.execute("CREATE TABLE item (old INTEGER, new INTEGER, bad INTEGER, touched INTEGER)")
    items(database, 3, table="fine")
    runner = Runner(database=database, migrations=[fill("fine", table=table_named("fine")), fill()])
    with pytest.raises(ConfigurationError, match=r"item.* has no key"):
        runner()
    assert untouched(database, "fine") == 3
    assert "migrator_data_migration" not in database.tables()


def test_a_set_that_changes_the_key_is_refused(database: Database) -> None:
    items(database, 3)
    with pytest.raises(ConfigurationError, match="key"):
        Runner(database=database, migrations=[fill(set={"id": ITEM.c.id + 1, "new": ITEM.c.old})])()


def test_a_missing_table_fails_that_one_and_names_the_remedy(database: Database) -> None:
    items(database, 3)
    gone = fill("gone", table=table_named("gone"))
    report = Runner(database=database, migrations=[gone, fill()])()
    assert states(report) == {"gone": DataState.FAILED, "fill": DataState.DONE}
    assert "gone" in report.rows[0].note


def test_when_asked_to_stop_the_batch_at_hand_is_finished_and_the_run_exits_1(database: Database) -> None:
    items(database, 30)
    stop = threading.Event()

    def told(progress: DataProgress) -> None:
        if progress.done:
            stop.set()

    runner = Runner(database=database, migrations=[fill(batch_size=10)])
    report = runner(stop=stop, progress=told)
    assert (report.exit_code, report.done, report.interrupted) == (1, 10, True)
    assert untouched(database) == 20
    assert runner().exit_code == 0


def test_rows_that_come_as_fast_as_they_go_end_the_run_with_exit_1_and_a_note(database: Database) -> None:
    items(database, 5)
    numbers = iter(range(6, 1000))

    def told(progress: DataProgress) -> None:
        if progress.done and not database.scalar("SELECT count(*) FROM item WHERE new IS NULL"):
            add(database, [next(numbers) for _ in range(5)])

    report = Runner(database=database, migrations=[fill(batch_size=5)])(progress=told)
    assert (report.exit_code, states(report)) == (1, {"fill": DataState.RUNNING})
    assert "as fast as they go" in report.rows[0].note


def test_progress_tells_rows_done_and_remaining_after_each_batch(database: Database) -> None:
    items(database, 25)
    runner = Runner(database=database, migrations=[fill(batch_size=10)])
    runner()
    seen = [(one.done, one.remaining) for one in runner.told]
    assert seen == [(0, 25), (10, 15), (20, 5), (25, 0), (25, 0)]
    assert all(one.rate for one in runner.told[1:])


def test_nova_s_callable_does_one_batch_in_the_caller_s_transaction(database: Database) -> None:
    items(database, 5)

    class NovaContext:
        connection: sa.Connection

    context = NovaContext()
    with database.engine().connect() as context.connection:
        assert fill()(context, 2) == (2, 2)
        context.connection.rollback()
        assert fill()(context, 3) == (3, 3)
        context.connection.commit()
        assert fill()(context, 3) == (2, 2)
        assert fill()(context, 3) == (0, 0)
    assert untouched(database) == 2


@contextmanager
def statements_of(table: str) -> Iterator[list[str]]:
    """What is sent about a table, and about savepoints, on any connection of this process."""
    sent: list[str] = []

    def execute(_c: Any, _cursor: Any, statement: str, _p: Any, _context: Any, _many: bool) -> None:
        if re.search(rf"\b{table}\b", statement):
            sent.append(" ".join(statement.split()))

    def savepoint(_: sa.Connection, _name: str) -> None:
        sent.append("SAVEPOINT")

    for name, listener in (("before_cursor_execute", execute), ("savepoint", savepoint)):
        sa.event.listen(sa.Engine, name, listener)
    try:
        yield sent
    finally:
        for name, listener in (("before_cursor_execute", execute), ("savepoint", savepoint)):
            sa.event.remove(sa.Engine, name, listener)


@pytest.mark.servers("postgresql", "postgresql-14", "postgresql-18", "postgresql-psycopg", "mariadb", "mysql")
def test_a_batch_reads_one_key_and_has_no_savepoint_until_a_row_of_it_stays(database: Database) -> None:
    items(database, 30, bad=[30])
    learned(database, "fill", 10)
    with statements_of("item") as sent:
        report = Runner(database=database, migrations=[fill(batch_size=10)])()
    assert (report.rows[0].done, report.rows[0].state) == (29, DataState.BLOCKED)
    whole = next(n for n, one in enumerate(sent) if one == "SAVEPOINT")
    keys = [one for one in sent[:whole] if one.startswith("SELECT id FROM item") and "LIMIT" in one]
    # The third batch is the last one of the pass, so it asks for keys: twice, since it is begun again.
    assert ["OFFSET" in one or ", " in one.rpartition("LIMIT")[2] for one in keys] == [True, True, False, False]
    assert database.rows("SELECT touched, count(*) FROM item GROUP BY touched ORDER BY touched") == [(0, 1), (1, 29)]


@pytest.mark.servers("postgresql", "postgresql-14", "postgresql-18", "postgresql-psycopg", "mariadb", "mysql")
def test_behind_keys_without_gaps_the_end_of_a_batch_is_reckoned_and_a_gap_costs_one_empty_batch(
    database: Database,
) -> None:
    items(database, 60)
    add(database, range(10**9, 10**9 + 25))
    learned(database, "fill", 10)
    with statements_of("item") as sent:
        report = Runner(database=database, migrations=[fill(batch_size=10)])()
    assert (report.rows[0].found, report.rows[0].done, report.rows[0].state) == (85, 85, DataState.DONE)
    work = ["LOOK" if one.startswith("SELECT id FROM item") and "LIMIT" in one else one.split()[0] for one in sent]
    changes = [n for n, one in enumerate(work) if one in ("UPDATE", "WITH")]
    looked = ["LOOK" in work[before:after] for before, after in pairwise([0, *changes])]
    # Two batches until the keys are known to be dense, four that are reckoned and one that meets the gap; then three.
    assert looked == [True, True, False, False, False, False, False, True, True, True]
    assert touched_more_than_once(database) == 0


RESET = {
    "AFTER": """CREATE FUNCTION reset_item() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN IF pg_trigger_depth() = 1 THEN UPDATE item SET new = NULL WHERE id = NEW.id; END IF; RETURN NULL;
        END $$""",
    "BEFORE": """CREATE FUNCTION reset_item() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN NEW.new := NULL; RETURN NEW; END $$""",
    "BEFORE, which keeps the row": """CREATE FUNCTION reset_item() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RETURN NULL; END $$""",
}


@pytest.mark.servers("postgresql", "postgresql-14", "postgresql-18", "postgresql-psycopg")
@pytest.mark.parametrize("when", RESET)
def test_a_row_that_a_trigger_puts_back_is_not_taken_for_done(database: Database, when: str) -> None:
    items(database, 30)
    learned(database, "fill", 10)
    database.execute(
        RESET[when],
        f"CREATE TRIGGER reset_item {when.split(',')[0]} UPDATE ON item"
        " FOR EACH ROW WHEN (NEW.id = 3) EXECUTE FUNCTION reset_item()",
    )
    runner = Runner(database=database, migrations=[fill(batch_size=10)])
    report = runner()
    (row,) = report.rows
    assert (report.exit_code, row.state, row.done, row.remaining) == (1, DataState.BLOCKED, 29, 1)
    assert runner().exit_code == 2
    assert database.scalar("SELECT touched FROM item WHERE id = 3") == 0
