"""Transforms by a Python function on each database."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
import sqlalchemy as sa

from migrator.data.control import retry
from migrator.data.kinds import TransformMigration, transform_migration
from migrator.model.data import DataKind, DataProgress, DataState
from tests.integration.data.running import ITEM, Runner, add, items, learned, open_store, states
from tests.support.clock import HandClock
from tests.support.database import Database

TODO = ITEM.c.new.is_(None)
Row = Mapping[str, Any]


def doubled(row: Row) -> dict[str, Any] | None:
    """The rule of these tests: a bad row is left alone; ``touched`` counts the writes."""
    return None if row["bad"] else {"new": row["old"] * 2, "touched": row["touched"] + 1}


def transform(function: Callable[[Row], Any] | None = doubled, **options: Any) -> TransformMigration:
    given: dict[str, Any] = {"reads": ("old", "bad", "touched"), "writes": ("new", "touched"), "where": TODO}
    return TransformMigration(**{"name": "double", "table": ITEM, "function": function, **given, **options})


def counts(database: Database) -> dict[int, int]:
    """How often written → how many rows."""
    return dict(database.rows("SELECT touched, count(*) FROM item GROUP BY touched"))


@pytest.mark.parametrize("batch_size", [1, 7, 1000])
def test_every_row_is_what_one_update_makes_of_it(database: Database, batch_size: int) -> None:
    items(database, 50)
    runner = Runner(database=database, migrations=[transform(batch_size=batch_size)])
    report = runner()
    (row,) = report.rows
    assert (report.exit_code, row.state, row.found, row.done) == (0, DataState.DONE, 50, 50)
    assert row.kind is DataKind.TRANSFORM
    database.execute("CREATE TABLE oracle AS SELECT id, old FROM item")
    assert database.rows("SELECT id, new FROM item ORDER BY id") == database.rows(
        "SELECT id, old * 2 FROM oracle ORDER BY id"
    )
    assert counts(database) == {1: 50}
    assert runner().rows[0].found == 0


def test_the_batch_form_gets_the_rows_of_a_batch_in_one_call(database: Database) -> None:
    items(database, 10)
    calls: list[int] = []

    def all_of_them(rows: Sequence[Row]) -> list[dict[str, Any] | None]:
        calls.append(len(rows))
        return [doubled(row) for row in rows]

    runner = Runner(database=database, migrations=[transform(None, batch_function=all_of_them, batch_size=4)])
    assert runner(clock=HandClock()).exit_code == 0  # no batch is slow, and the next one smaller for it
    assert calls == [4, 4, 2]
    assert counts(database) == {1: 10}


def test_only_the_declared_columns_are_fetched(database: Database) -> None:
    items(database, 3)
    seen: list[set[str]] = []

    def look(row: Row) -> dict[str, Any]:
        seen.append(set(row))
        return {"new": 1}

    statements: list[str] = []

    def execute(_c: Any, _cursor: Any, statement: str, _p: Any, _context: Any, _many: bool) -> None:
        statements.append(statement)

    sa.event.listen(sa.Engine, "before_cursor_execute", execute)
    try:
        assert Runner(database=database, migrations=[transform(look, reads=("old",))])().exit_code == 0
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", execute)
    assert seen == [{"old"}] * 3
    assert not [one for one in statements if "touched" in one or "item.bad" in one]


@pytest.mark.servers("postgresql", "postgresql-14", "postgresql-18", "postgresql-psycopg", "mariadb", "mysql")
@pytest.mark.parametrize("rows", [1, 999, 1000])
def test_a_batch_is_written_back_in_one_round_trip(database: Database, rows: int) -> None:
    items(database, rows)
    learned(database, "double", 1000)
    written: list[bool] = []

    def execute(_c: Any, _cursor: Any, statement: str, _p: Any, _context: Any, many: bool) -> None:
        if statement.lstrip().startswith("UPDATE") and "item" in statement.split("SET")[0]:
            written.append(many)

    sa.event.listen(sa.Engine, "before_cursor_execute", execute)
    try:
        assert Runner(database=database, migrations=[transform()])().exit_code == 0
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", execute)
    assert written == [False]
    assert counts(database) == {1: rows}


@pytest.mark.parametrize("max_count", [1, 3, 1000])
def test_rows_left_alone_or_that_raise_neither_stop_the_others_nor_end_in_exit_0(
    database: Database, max_count: int
) -> None:
    items(database, 12, bad=(1, 2, 3))

    def moody(row: Row) -> dict[str, Any] | None:
        if row["old"] in (4, 12):
            raise LookupError("CANARY")
        return doubled(row)

    runner = Runner(database=database, migrations=[transform(moody, batch_size=5)])
    codes = runner.exit_codes(max_count)
    assert codes[-1] == 2
    assert counts(database) == {0: 5, 1: 7}
    report = runner()
    (row,) = report.rows
    assert (report.exit_code, row.state, row.done) == (2, DataState.BLOCKED, 0)
    assert "2 rows in quarantine" in row.note
    assert (row.error_class, runner.stored("double").error_class) == ("LookupError", "LookupError")
    assert "CANARY" not in repr(report) + repr(database.rows("SELECT * FROM migrator_data_migration"))
    fixed = Runner(database=database, migrations=[transform(lambda row: {"new": 0, "touched": row["touched"] + 1})])
    assert (fixed().exit_code, fixed().exit_code) == (1, 2)
    retry(open_store(database.url), "double")
    assert fixed().exit_code == 0
    assert counts(database) == {1: 12}


def test_what_was_wrong_with_the_first_row_is_still_said_at_the_end_and_no_more_once_it_is_done(
    database: Database,
) -> None:
    items(database, 8, bad=(5, 6, 7, 8))

    def first_fails(row: Row) -> dict[str, Any] | None:
        return {"new": 1 // (row["old"] - 1), "touched": 1} if row["old"] == 1 else doubled(row)

    runner = Runner(database=database, migrations=[transform(first_fails, batch_size=2)])
    assert [runner().exit_code for _ in range(2)] == [1, 2]
    assert (runner().rows[0].error_class, runner.stored("double").error_class) == ("ZeroDivisionError",) * 2
    database.execute("UPDATE item SET bad = 0")
    mended = Runner(database=database, migrations=[transform()])
    retry(open_store(database.url), "double")
    assert (mended().exit_code, mended().rows[0].error_class, mended.stored("double").error_class) == (0, "", "")


def test_a_batch_form_that_raises_is_halved_down_to_the_row(database: Database) -> None:
    items(database, 16)

    def all_or_nothing(rows: Sequence[Row]) -> list[Any]:
        return [{"new": 10 // (row["old"] - 7), "touched": 1} for row in rows]

    runner = Runner(database=database, migrations=[transform(None, batch_function=all_or_nothing)])
    report = runner()
    assert (report.exit_code, report.done) == (1, 15)
    assert runner().rows[0].error_class == "ZeroDivisionError"
    assert database.rows("SELECT id FROM item WHERE new IS NULL") == [(7,)]


@pytest.mark.parametrize(
    "result",
    [{"id": 1}, {"old": 1}, {}, "text", 7, [("new", 1)], {"new": object()}],
    ids=["key", "not-written", "empty", "text", "number", "pairs", "object"],
)
def test_what_is_no_value_for_a_declared_column_fails_and_names_no_value(database: Database, result: Any) -> None:
    items(database, 1)
    report = Runner(database=database, migrations=[transform(lambda _: result)])()
    assert report.exit_code == 2
    assert report.rows[0].error_class
    assert counts(database) == {0: 1}


def test_a_value_for_which_the_predicate_stays_true_is_taken_back_and_the_others_are_done(database: Database) -> None:
    items(database, 6, bad=(2, 5))

    def stays(row: Row) -> dict[str, Any]:
        return {"new": None if row["bad"] else 1, "touched": row["touched"] + 1}

    runner = Runner(database=database, migrations=[transform(stays)])
    report = runner()
    assert (report.exit_code, report.done) == (1, 4)
    assert counts(database) == {0: 2, 1: 4}
    assert (runner().exit_code, states(runner())) == (2, {"double": DataState.BLOCKED})
    assert counts(database) == {0: 2, 1: 4}


def test_rows_that_write_different_columns_are_written_together(database: Database) -> None:
    items(database, 6)

    def odd_or_even(row: Row) -> dict[str, Any]:
        return {"new": 1} if row["old"] % 2 else {"new": 2, "touched": 5}

    assert Runner(database=database, migrations=[transform(odd_or_even)])().exit_code == 0
    assert database.rows("SELECT new, touched, count(*) FROM item GROUP BY new, touched ORDER BY new") == [
        (1, 0, 3),
        (2, 5, 3),
    ]


def test_the_decorator_makes_the_same_and_nova_s_callable_does_one_batch(database: Database) -> None:
    items(database, 5)

    @transform_migration(name="t", table=ITEM, reads=("old",), writes=("new",), where=TODO)
    def made(row: Row) -> dict[str, Any]:
        return {"new": row["old"]}

    class NovaContext:
        connection: sa.Connection

    context = NovaContext()
    with database.engine().connect() as context.connection:
        assert [made(context, 3) for _ in range(3)] == [(3, 3), (2, 2), (0, 0)]
        context.connection.commit()
    assert database.scalar("SELECT count(*) FROM item WHERE new = old") == 5


def test_progress_counts_the_rows_that_failed(database: Database) -> None:
    items(database, 4)
    runner = Runner(database=database, migrations=[transform(lambda row: {"new": 1 // (row["old"] - 1), "touched": 1})])
    runner()
    first: list[DataProgress] = [one for one in runner.told if one.found]
    assert (first[0].found, first[0].done, first[0].failed, first[0].error_class) == (4, 3, 1, "ZeroDivisionError")


class Writer:
    """A client that acts once, when the rows have been read and none of them is locked yet: inside the function."""

    def __init__(self, database: Database, *statements: str) -> None:
        self._database, self._statements = database, statements
        self.acted = False

    def __call__(self, row: Row) -> dict[str, Any] | None:
        if not self.acted:
            self.acted = True
            self._database.execute(*self._statements)
        return doubled(row)


@pytest.mark.servers("postgresql", "postgresql-14", "postgresql-18", "postgresql-psycopg", "mariadb", "mysql")
def test_a_row_that_a_client_changed_since_it_was_read_gets_the_value_of_what_the_client_wrote(
    database: Database,
) -> None:
    items(database, 6)
    writer = Writer(
        database,
        "UPDATE item SET old = 100 WHERE id = 2",  # another input
        "UPDATE item SET new = 7 WHERE id = 3",  # done by somebody else
        "DELETE FROM item WHERE id = 4",
        "UPDATE item SET bad = 1 WHERE id = 5",  # now to be left alone
    )
    runner = Runner(database=database, migrations=[transform(writer)])
    report = runner()
    assert (report.exit_code, report.done) == (1, 3)
    assert database.rows("SELECT id, old, new, touched FROM item ORDER BY id") == [
        (1, 1, 2, 1),
        (2, 100, 200, 1),
        (3, 3, 7, 0),
        (5, 5, None, 0),
        (6, 6, 12, 1),
    ]
    add(database, [4])
    database.execute("UPDATE item SET bad = 0")
    assert runner().exit_code == 0


@pytest.mark.servers("postgresql", "postgresql-psycopg", "mariadb", "mysql")
def test_a_row_that_is_changed_each_time_before_it_is_written_is_done_all_the_same(database: Database) -> None:
    items(database, 1)

    def hot(row: Row) -> dict[str, Any]:
        if row["old"] < 100:
            database.execute("UPDATE item SET old = old + 100")
        return {"new": row["old"], "touched": row["touched"] + 1}

    report = Runner(database=database, migrations=[transform(hot)])()
    assert (report.exit_code, report.done) == (0, 1)
    assert database.rows("SELECT old, new, touched FROM item") == [(101, 101, 1)]


@pytest.mark.servers("postgresql", "postgresql-14", "postgresql-18", "postgresql-psycopg", "mariadb", "mysql")
def test_the_rows_of_a_quick_function_are_read_once_under_their_lock_from_the_second_batch_on(
    database: Database,
) -> None:
    items(database, 30)
    learned(database, "double", 10)
    read: list[bool] = []

    def execute(_c: Any, _cursor: Any, statement: str, _p: Any, _context: Any, _many: bool) -> None:
        if statement.startswith("SELECT") and "item.touched" in statement:
            read.append("FOR UPDATE" in statement)

    sa.event.listen(sa.Engine, "before_cursor_execute", execute)
    try:
        assert Runner(database=database, migrations=[transform(batch_size=10)])().exit_code == 0
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", execute)
    assert read == [False, True, True, True]
    assert counts(database) == {1: 30}
