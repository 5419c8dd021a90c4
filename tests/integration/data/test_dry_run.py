"""A dry run: it says what a run would do, by which index, and leaves every row as it was."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from migrator.data.dry_run import dry_run
from migrator.data.kinds import CopyMigration, DataMigration, DeleteMigration, FunctionMigration, TransformMigration
from migrator.data.waiving import waive
from migrator.errors import ConfigurationError
from migrator.model.data import DataState
from migrator.model.data_plan import DataDryRun, DataPlan, Limits
from migrator.report.data_plan_text import data_plan_text
from tests.integration.data.running import ITEM, Runner, fill, items, open_store
from tests.integration.data.test_quarantine import BAD, checked, update
from tests.support.database import Database

COPIED = sa.table("copied", sa.column("id"), sa.column("old"))
KINDS: dict[str, DataMigration] = {
    "update": fill("x"),
    "transform": TransformMigration(
        name="x",
        table=ITEM,
        reads=("old",),
        writes=("new",),
        where=ITEM.c.new.is_(None),
        function=lambda row: {"new": row["old"]},
    ),
    "delete": DeleteMigration(name="x", table=ITEM, where=ITEM.c.old > 0),
    "move": CopyMigration(
        name="x", source=sa.select(ITEM.c.id, ITEM.c.old), target=COPIED, key=("id",), remove_source=True
    ),
}


def planned(database: Database, migration: DataMigration, *, retired: Collection[str] = ()) -> DataPlan:
    (plan,) = dry_run(open_store(database.url), [migration], applied=(), retired=retired, changes={}).plans
    return plan


def held(database: Database) -> list[Any]:
    return [sorted(database.rows(f"SELECT * FROM {table}"), key=str) for table in ("item", "copied")]


@pytest.fixture
def tables(database: Database) -> Database:
    items(database, 250)
    database.execute("CREATE TABLE copied (id INTEGER NOT NULL PRIMARY KEY, old INTEGER)")
    return database


@pytest.mark.parametrize("kind", KINDS)
def test_it_samples_batches_that_leave_nothing_behind(tables: Database, kind: str) -> None:
    before = held(tables)
    plan = planned(tables, KINDS[kind])
    assert (plan.remaining, plan.key, plan.notes and "not sampled" in plan.notes[0]) == (250, ("id",), False)
    assert plan.samples[0].rows == 100
    assert [sample.done for sample in plan.samples] == [sample.rows for sample in plan.samples]
    assert plan.estimate is not None
    assert plan.estimate[0] < plan.estimate[1]
    assert held(tables) == before
    assert tables.tables() == ["copied", "item"]


@pytest.mark.parametrize("kind", KINDS)
def test_each_statement_of_a_batch_comes_with_the_index_that_finds_its_rows(tables: Database, kind: str) -> None:
    plan = planned(tables, KINDS[kind])
    words = {word.strip("(") for one in plan.statements for word in one.sql.split()}
    assert words >= {"SELECT", {"delete": "DELETE", "move": "INSERT"}.get(kind, "UPDATE")}
    assert all(one.accesses for one in plan.statements)
    assert {access.table for one in plan.statements for access in one.accesses} >= {"item"}


def test_a_predicate_without_an_index_is_said_and_one_with_it_is_not(database: Database) -> None:
    items(database, 3_000)
    wanted = DeleteMigration(name="x", table=ITEM, where=ITEM.c.old == 7)
    (note,) = planned(database, wanted).notes
    assert "all of item" in note
    assert "an index on what `where` compares" in note
    database.execute("CREATE INDEX item_old ON item (old)")
    database.execute("ANALYZE TABLE item" if database.dialect == "mysql" else "ANALYZE item")
    plan = planned(database, wanted)
    assert plan.notes == ()
    assert plan.predicate is not None
    assert [access.index for access in plan.predicate.accesses] == ["item_old"]


def test_no_value_of_a_row_stands_in_what_is_shown(database: Database) -> None:
    items(database, 5)
    database.execute("ALTER TABLE item ADD COLUMN name VARCHAR(20)", "UPDATE item SET name = 'CANARY'")
    table = sa.table("item", sa.column("id"), sa.column("name"))
    transform = TransformMigration(
        name="x",
        table=table,
        reads=("name",),
        writes=("name",),
        where=table.c.name == "CANARY",
        function=lambda row: {"name": row["name"] + "2"},
    )
    assert "CANARY" not in repr(planned(database, transform))


def test_a_run_that_got_half_way_is_planned_from_there_on(database: Database) -> None:
    items(database, 50)
    migration = fill("x")
    Runner(database=database, migrations=[migration])(20)
    plan = planned(database, migration)
    assert (plan.state, plan.remaining, plan.samples[0].rows) == (DataState.RUNNING, 30, 30)


def test_a_plain_function_is_not_called(database: Database) -> None:
    items(database, 5)
    called: list[int] = []

    def function(context: Any, max_count: int) -> tuple[int, int]:
        called.append(max_count)
        return 0, 0

    remaining = sa.select(ITEM.c.id).where(ITEM.c.new.is_(None))
    plan = planned(database, FunctionMigration(name="x", function=function, remaining=remaining))
    assert (plan.remaining, plan.estimate, called) == (5, None, [])
    assert "not sampled" in plan.notes[-1]


def test_what_waits_or_is_retired_is_not_asked(database: Database) -> None:
    plan = planned(database, fill("x"), retired=["x"])
    assert (plan.state, plan.remaining) == (DataState.RETIRED, None)
    items(database, 1)
    waiting = fill("x", requires=["later"])
    (plan,) = dry_run(open_store(database.url), [waiting], applied=(), retired=(), changes={"later": ["r1"]}).plans
    assert (plan.state, plan.waiting_for, plan.statements) == (DataState.WAITING, ("r1",), ())


def test_a_sample_that_fails_is_a_note_without_a_row_s_value(database: Database) -> None:
    items(database, 3)
    database.execute("CREATE TABLE other (id INTEGER NOT NULL PRIMARY KEY)")
    if database.dialect == "sqlite":
        database.execute("DROP TABLE item")
        database.execute(
            "CREATE TABLE item (id INTEGER NOT NULL PRIMARY KEY, old INTEGER, new INTEGER CHECK (new <> 2),"
            " bad INTEGER NOT NULL DEFAULT 0, touched INTEGER NOT NULL DEFAULT 0)",
            "INSERT INTO item (id, old) VALUES (1, 1), (2, 2), (3, 3)",
        )
    else:
        database.execute("ALTER TABLE item ADD CONSTRAINT not_two CHECK (new <> 2)")
    plan = planned(database, fill("x"))
    (sample,) = plan.samples
    assert (sample.rows, sample.done, sample.failed) == (3, 2, 1)
    assert plan.notes[-1].startswith("1 of the sampled rows fail by themselves and would go to quarantine: ")
    stopping = planned(database, fill("x", on_error="stop"))
    assert (stopping.samples, stopping.estimate) == ((), None)
    assert stopping.notes[-1].startswith("not sampled: ")


@pytest.mark.servers("mariadb", "mysql")
def test_a_table_that_can_not_roll_back_is_left_alone(database: Database) -> None:
    items(database, 3)
    database.execute("ALTER TABLE item ENGINE=MyISAM")
    plan = planned(database, fill("x"))
    assert plan.notes[-1] == "not sampled: item has no transactions"
    assert database.scalar("SELECT count(*) FROM item WHERE touched = 0") == 3


def limited(database: Database, migration: DataMigration, **limits: Any) -> DataPlan:
    store = open_store(database.url)
    (plan,) = dry_run(store, [migration], applied=(), retired=(), changes={}, limits=Limits(**limits)).plans
    return plan


@pytest.mark.parametrize("count", [1, 150, 250])
def test_it_samples_no_more_rows_than_max_count_lets_a_run_try(tables: Database, count: int) -> None:
    plan = limited(tables, fill("x"), max_count=count)
    assert sum(sample.rows for sample in plan.samples) == count
    assert any("--max-count" in note for note in plan.notes) is (count < 250)
    assert plan.estimate is not None


def bad_rows(database: Database, count: int) -> DataMigration:
    database.execute(f"UPDATE item SET bad = 1 WHERE id <= {count}")

    def function(row: Mapping[str, Any]) -> dict[str, Any]:
        if row["bad"]:
            raise ValueError("CANARY")
        return {"new": row["old"]}

    where = ITEM.c.new.is_(None)
    return TransformMigration(
        name="x", table=ITEM, reads=("old", "bad"), writes=("new",), where=where, function=function
    )


def test_it_goes_no_further_than_to_max_errors_and_says_so(tables: Database) -> None:
    migration = bad_rows(tables, 4)
    plan = limited(tables, migration, max_errors=3)
    assert sum(sample.failed for sample in plan.samples) == 3
    assert plan.samples[0].rows < 100
    assert any("--max-errors 3" in note for note in plan.notes)
    plan = limited(tables, migration, max_errors=5)
    assert sum(sample.failed for sample in plan.samples) == 4
    assert not any("--max-errors" in note for note in plan.notes)


def test_without_any_error_allowed_the_first_one_is_what_a_run_would_end_with(tables: Database) -> None:
    plan = limited(tables, bad_rows(tables, 1), max_errors=0)
    assert plan.samples == ()
    assert "not sampled" in plan.notes[-1]
    assert "CANARY" not in repr(plan)
    good = limited(tables, fill("x"), max_errors=0)
    assert sum(sample.rows for sample in good.samples) == 250, "all of them, as without the option"


def test_several_workers_make_the_range_wider_or_are_refused_as_a_run_refuses_them(tables: Database) -> None:
    if tables.dialect == "sqlite":
        with pytest.raises(ConfigurationError, match="--workers 4"):
            limited(tables, fill("x"), workers=4)
        assert limited(tables, fill("x", workers=4)).workers == 1
        return
    plan = limited(tables, fill("x"), workers=4)
    assert plan.workers == limited(tables, fill("x", workers=4)).workers == 4
    assert any(note.startswith("4 workers would share the rows") for note in plan.notes)
    assert plan.estimate is not None
    least, most = plan.estimate
    assert 4 * least < most
    assert limited(tables, fill("x")).workers == 1


def test_with_max_time_it_says_how_many_rows_that_may_be(tables: Database) -> None:
    plan = limited(tables, fill("x"), max_time=timedelta(milliseconds=1))
    (note,) = (note for note in plan.notes if "--max-time" in note)
    found = re.fullmatch(r"within --max-time it would do (\d+) to (\d+) rows, were it alone", note)
    assert found is not None
    assert int(found[1]) <= int(found[2]) <= 250
    assert int(found[1]) < 250
    plan = limited(tables, fill("x"), max_time=timedelta(days=1))
    assert not any("--max-time" in note for note in plan.notes)


def test_rows_in_quarantine_and_waived_ones_are_no_rows_to_do(database: Database) -> None:
    checked(database)
    runner = Runner(database=database, migrations=[update()])
    runner()
    waive(open_store(database.url), "kind", reason="nobody reads them", keys=["3"])
    database.execute("INSERT INTO checked (id, old) VALUES (50, 50)")
    plan = planned(database, update())
    assert (plan.remaining, plan.parked, plan.waived) == (1, len(BAD) - 1, 1)
    assert [sample.rows for sample in plan.samples] == [1]
    text = data_plan_text(open_store(database.url).database.identity, DataDryRun(plans=(plan,)))
    assert "1 rows to do" in text
    assert "2 in quarantine and 1 waived, which no run tries until `migrator data retry kind`" in text
