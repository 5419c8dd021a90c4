"""Rows that fail by themselves go to quarantine, and the others go on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import sqlalchemy as sa

from migrator.data.control import retry
from migrator.data.dry_run import dry_run
from migrator.data.kinds import CopyMigration, DataMigration, DeleteMigration, UpdateMigration, transform_migration
from migrator.model.data import DataState
from migrator.state.quarantine import Entry, read_entries
from tests.integration.data.running import ITEM, Runner, add, items, learned, open_store
from tests.support.database import Database

BAD = (3, 4, 11)
GOOD = 12 - len(BAD)
CHECKED = sa.table("checked", sa.column("id"), sa.column("old"), sa.column("new"))


def checked(database: Database, count: int = 12, key: str = "INTEGER") -> None:
    """Rows whose new value has to be positive, as a constraint says; those of BAD have none."""
    database.execute(
        f"CREATE TABLE checked (id {key} NOT NULL PRIMARY KEY, old INTEGER NOT NULL, new INTEGER,"
        " CONSTRAINT positive CHECK (new > 0))",
        "CREATE TABLE copied (id INTEGER NOT NULL PRIMARY KEY, old INTEGER NOT NULL,"
        " CONSTRAINT copied_positive CHECK (old > 0))",
    )
    text = not key.startswith("INT")
    rows = [{"id": f"k{n:03}" if text else n, "old": -n if n in BAD else n} for n in range(1, count + 1)]
    with database.engine().begin() as connection:
        connection.execute(sa.insert(CHECKED), rows)


def update(**options: Any) -> UpdateMigration:
    given: dict[str, Any] = {"name": "kind", "table": CHECKED, "set": {"new": CHECKED.c.old}} | options
    return UpdateMigration(where=CHECKED.c.new.is_(None), **given)


def transform(**options: Any) -> DataMigration:
    @transform_migration(
        name="kind", table=CHECKED, reads=("old",), writes=("new",), where=CHECKED.c.new.is_(None), **options
    )
    def kind(row: Mapping[str, Any]) -> dict[str, Any]:
        return {"new": row["old"]}

    return kind


def own_error(**options: Any) -> DataMigration:
    @transform_migration(
        name="kind", table=CHECKED, reads=("old",), writes=("new",), where=CHECKED.c.new.is_(None), **options
    )
    def kind(row: Mapping[str, Any]) -> dict[str, Any]:
        if row["old"] < 0:
            raise LookupError("CANARY")
        return {"new": row["old"]}

    return kind


def copy(**options: Any) -> CopyMigration:
    source = sa.select(CHECKED.c.id, CHECKED.c.old)
    target = sa.table("copied", sa.column("id"), sa.column("old"))
    return CopyMigration(name="kind", source=source, target=target, key=("id",), **options)


def move(**options: Any) -> CopyMigration:
    return copy(remove_source=True, **options)


KINDS = {"update": update, "transform": transform, "own error": own_error, "copy": copy, "move": move}
DONE = {
    "copy": "SELECT count(*) FROM copied",
    "move": "SELECT count(*) FROM copied",
}


def done(database: Database, kind: str) -> int:
    return int(database.scalar(DONE.get(kind, "SELECT count(*) FROM checked WHERE new = old")))


def entries(database: Database, name: str = "kind") -> list[Entry]:
    store = open_store(database.url)
    with store.database.autocommit("test") as connection:
        return list(read_entries(store, connection, name))


def keys(database: Database) -> list[str]:
    return sorted(one.row_key for one in entries(database))


@pytest.mark.parametrize("kind", KINDS)
def test_each_row_that_fails_is_parked_with_its_key_and_the_others_are_done(database: Database, kind: str) -> None:
    checked(database)
    learned(database, "kind", 12)  # the bad rows are in one batch with good ones
    runner = Runner(database=database, migrations=[KINDS[kind]()])
    report = runner()
    (row,) = report.rows
    assert (report.exit_code, row.state, row.done, row.failed) == (1, DataState.BLOCKED, GOOD, len(BAD))
    assert (row.quarantined, row.remaining) == (len(BAD), len(BAD))
    assert done(database, kind) == GOOD
    assert keys(database) == sorted(f'[["i", {n}]]' for n in BAD)
    for one in entries(database):
        assert one.error_class
        assert (one.attempts, one.parked) == (1, True)
        assert "CANARY" not in repr(one)
    report = runner()
    (row,) = report.rows
    assert (report.exit_code, row.found, row.quarantined) == (2, 0, len(BAD)), "they are tried no more"
    assert report.next == ("migrator data retry kind",)


@pytest.mark.parametrize("kind", KINDS)
def test_a_retry_tries_them_again_and_forgets_those_that_are_done(database: Database, kind: str) -> None:
    checked(database)
    runner = Runner(database=database, migrations=[KINDS[kind]()])
    runner()
    database.execute("UPDATE checked SET old = 3 WHERE id = 3")
    retry(open_store(database.url), "kind")
    report = runner()
    assert (report.exit_code, report.rows[0].done, report.rows[0].quarantined) == (1, 1, 2)
    assert {one.row_key: one.attempts for one in entries(database) if one.parked} == {'[["i", 4]]': 2, '[["i", 11]]': 2}
    database.execute("UPDATE checked SET old = id WHERE old < 0")
    retry(open_store(database.url), "kind")
    report = runner()
    assert (report.exit_code, report.rows[0].state, report.rows[0].quarantined) == (0, DataState.DONE, 0)
    assert done(database, kind) == 12
    assert entries(database) == []


def test_rows_that_somebody_mended_or_deleted_meanwhile_are_no_reason_to_wait(database: Database) -> None:
    checked(database)
    runner = Runner(database=database, migrations=[update()])
    assert runner().exit_code == 1
    database.execute("DELETE FROM checked WHERE id = 3", "UPDATE checked SET new = 1 WHERE id IN (4, 11)")
    report = runner()
    assert (report.exit_code, report.rows[0].state, report.rows[0].quarantined) == (0, DataState.DONE, 0)
    assert entries(database) == []


def test_the_name_of_the_constraint_is_kept_where_the_driver_tells_it(database: Database) -> None:
    checked(database)
    Runner(database=database, migrations=[update()])()
    told = {one.constraint for one in entries(database)}
    assert told == {"" if database.dialect == "mysql" else "positive"}


def test_a_key_of_text_is_parked_and_found_again(database: Database) -> None:
    checked(database, key="VARCHAR(20)")
    runner = Runner(database=database, migrations=[update(batch_size=5)])
    assert [runner().exit_code for _ in range(2)] == [1, 2]
    assert keys(database) == [f'[["s", "k{n:03}"]]' for n in BAD]
    database.execute("UPDATE checked SET old = 1 WHERE old < 0")
    retry(open_store(database.url), "kind")
    assert runner().exit_code == 0


@pytest.mark.parametrize("kind", ["update", "own error"])
def test_with_stop_the_first_row_that_fails_is_the_end(database: Database, kind: str) -> None:
    checked(database)
    report = Runner(database=database, migrations=[KINDS[kind](on_error="stop", batch_size=2)])()
    (row,) = report.rows
    assert (report.exit_code, row.state, row.quarantined) == (1, DataState.FAILED, 0)
    assert row.done == 2
    assert row.error_class
    assert entries(database) == []


@pytest.mark.parametrize("kind", KINDS)
def test_at_max_errors_a_run_leaves_it_and_keeps_what_is_done(database: Database, kind: str) -> None:
    checked(database)
    learned(database, "kind", 12)
    runner = Runner(database=database, migrations=[KINDS[kind]()])
    report = runner(max_errors=2)
    (row,) = report.rows
    assert (report.exit_code, row.state, row.failed) == (1, DataState.FAILED, 2)
    assert "--max-errors" in row.note
    assert 2 <= done(database, kind) == row.done < GOOD, "1 and 2 at least, before 3 and 4 failed"
    assert len(entries(database)) == 2
    assert [runner(max_errors=2).exit_code for _ in range(2)] == [1, 2]
    assert done(database, kind) == GOOD


def test_without_any_error_allowed_nothing_is_parked(database: Database) -> None:
    checked(database)
    report = Runner(database=database, migrations=[update(batch_size=12)])(max_errors=0)
    assert report.rows[0].state is DataState.FAILED
    assert entries(database) == []


def test_a_statement_that_can_not_work_at_all_is_not_tried_row_by_row(database: Database) -> None:
    items(database, 50)
    wrong = UpdateMigration(
        name="kind", table=ITEM, set={"new": sa.func.no_such_function(ITEM.c.old)}, where=ITEM.c.new.is_(None)
    )
    report = Runner(database=database, migrations=[wrong])()
    assert report.exit_code == 2
    assert (report.rows[0].state, report.rows[0].quarantined) == (DataState.FAILED, 0)


def test_rows_that_a_foreign_key_holds_are_parked_by_a_delete(database: Database) -> None:
    items(database, 6)
    database.execute(
        "CREATE TABLE child (id INTEGER PRIMARY KEY, item_id INTEGER NOT NULL REFERENCES item (id))"
        if database.dialect != "mysql"
        else "CREATE TABLE child (id INTEGER PRIMARY KEY, item_id INTEGER NOT NULL, FOREIGN KEY (item_id)"
        " REFERENCES item (id))"
    )
    database.execute("INSERT INTO child (id, item_id) VALUES (1, 2), (2, 5)")
    if database.dialect == "sqlite":
        pytest.skip("SQLite checks foreign keys only where the application asks for it")
    runner = Runner(database=database, migrations=[DeleteMigration(name="kind", table=ITEM, where=ITEM.c.old > 0)])
    report = runner()
    assert (report.exit_code, report.rows[0].done, report.rows[0].quarantined) == (1, 4, 2)
    assert database.rows("SELECT id FROM item ORDER BY id") == [(2,), (5,)]


def test_new_rows_go_on_being_done_while_others_are_parked(database: Database) -> None:
    checked(database)
    runner = Runner(database=database, migrations=[update()])
    runner()
    with database.engine().begin() as connection:
        connection.execute(sa.insert(CHECKED), [{"id": 20, "old": 20}, {"id": 21, "old": -21}])
    report = runner()
    assert (report.exit_code, report.rows[0].done, report.rows[0].quarantined) == (1, 1, 4)
    assert runner().exit_code == 2


@pytest.mark.parametrize("parked", [False, True], ids=["before", "after"])
def test_a_dry_run_samples_the_others_and_parks_nothing(database: Database, parked: bool) -> None:
    checked(database)
    if parked:
        assert Runner(database=database, migrations=[update(batch_size=4)])(4).exit_code == 1
    before = entries(database) if parked else []
    store = open_store(database.url)
    found = dry_run(store, [update()], applied=(), retired=(), changes={})
    (plan,) = found.plans
    assert plan.samples
    assert sum(one.done for one in plan.samples) == (8 - 1 if parked else GOOD)
    assert (entries(database) if parked else []) == before
    assert done(database, "update") == (2 if parked else 0)


def test_a_budget_of_one_row_a_run_ends_with_2_and_never_with_0(database: Database) -> None:
    checked(database)
    runner = Runner(database=database, migrations=[update()])
    codes = runner.exit_codes(1)
    assert codes[-1] == 2
    assert done(database, "update") == GOOD


def test_what_was_added_to_the_table_of_items_is_untouched_by_a_failure_elsewhere(database: Database) -> None:
    checked(database)
    items(database, 0)
    add(database, [1, 2])
    other = UpdateMigration(name="other", table=ITEM, set={"new": ITEM.c.old}, where=ITEM.c.new.is_(None))
    report = Runner(database=database, migrations=[update(), other])()
    assert {row.name: row.done for row in report.rows} == {"kind": GOOD, "other": 2}
    assert entries(database, "other") == []
