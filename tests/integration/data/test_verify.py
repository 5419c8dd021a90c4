"""Verification: the predicate, the author's invariant, and both sides of a copy."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from migrator.data.connections import Connections
from migrator.data.kinds import CopyMigration, DataMigration
from migrator.data.proving import PROVEN, prove
from migrator.data.verify import RANGE, verify
from migrator.errors import ConfigurationError
from migrator.model.data import DataState
from migrator.model.verification import Verification
from migrator.runner.data_scope import has_lost_its_question
from tests.integration.data.running import ITEM, Runner, add, fill, items, open_store
from tests.support.database import Database

COPIED = sa.table("copied", sa.column("id"), sa.column("old"))


def verified(database: Database, migration: DataMigration) -> Verification:
    store = open_store(database.url)
    with store.database.autocommit("test") as connection:
        return verify(store, connection, migration)


def copying(**options: Any) -> CopyMigration:
    source = sa.select(ITEM.c.id, ITEM.c.old).where(ITEM.c.old > 0)
    return CopyMigration(name="x", source=source, target=COPIED, key=("id",), **options)


def copied(database: Database, rows: int) -> None:
    items(database, rows)
    database.execute("CREATE TABLE copied (id INTEGER NOT NULL PRIMARY KEY, old INTEGER)")


def test_a_broken_invariant_keeps_a_migration_from_being_done_until_it_is_mended(database: Database) -> None:
    items(database, 5)
    wrong = sa.select(ITEM.c.id).where(ITEM.c.new == 3).order_by(ITEM.c.id)
    runner = Runner(database=database, migrations=[fill(invariant=wrong)])
    report = runner()
    assert (report.rows[0].state, report.rows[0].remaining) == (DataState.BLOCKED, 0)
    assert "its invariant finds 1" in report.rows[0].note
    assert runner().exit_code == 2
    assert runner.stored("fill").state is DataState.BLOCKED
    assert not verified(database, runner.migrations[0]).holds
    database.execute("UPDATE item SET old = 4, new = 4 WHERE new = 3")
    assert runner().exit_code == 0
    found = verified(database, runner.migrations[0])
    assert (found.holds, found.remaining, found.breaking, found.comparison) == (True, 0, 0, None)


@pytest.mark.parametrize("on_conflict", ["update", "ignore"])
def test_both_sides_of_a_copy_are_compared(database: Database, on_conflict: str) -> None:
    copied(database, 20)
    migration = copying(on_conflict=on_conflict)
    assert Runner(database=database, migrations=[migration])().exit_code == 0
    assert verified(database, migration).holds
    database.execute("UPDATE copied SET old = 99 WHERE id = 3")
    found = verified(database, migration)
    assert found.comparison is not None
    assert (found.comparison.source, found.comparison.there, found.comparison.equal) == (20, 20, 19)
    assert found.holds is (on_conflict == "ignore")
    database.execute("DELETE FROM copied WHERE id = 7")
    assert not verified(database, migration).holds


def test_the_run_that_ends_a_copy_compares_its_sides_and_later_ones_do_not_again(database: Database) -> None:
    copied(database, 20)
    runner = Runner(database=database, migrations=[copying(on_conflict="update")])
    assert runner(5).rows[0].note == ""
    report = runner()
    assert (report.exit_code, report.rows[0].state) == (0, DataState.DONE)
    assert report.rows[0].note == "compared: of 20 source rows 20 have a target row, 20 an equal one"
    assert runner().rows[0].note == ""
    add(database, [30])
    assert "of 21 source rows 21 have" in runner().rows[0].note


def test_a_copy_that_is_asked_the_wrong_question_is_not_done(database: Database) -> None:
    copied(database, 20)
    database.execute("INSERT INTO copied (id, old) SELECT id, old + 1 FROM item")
    source = sa.select(ITEM.c.id, ITEM.c.old)
    migration = Blind(name="x", source=source, target=COPIED, key=("id",), on_conflict="update")
    runner = Runner(database=database, migrations=[migration])
    for code in (2, 2):
        report = runner()
        assert (report.exit_code, report.rows[0].state) == (code, DataState.BLOCKED)
        assert "no row is left to do, but of 20 source rows 20 have a target row, 0 an equal one" in report.rows[0].note
    database.execute("UPDATE copied SET old = old - 1")
    assert runner().exit_code == 0


class Blind(CopyMigration):
    """Its predicate finds nothing; what it compares is as it should be."""

    def still_to_do(self, connection: sa.Connection) -> sa.ColumnElement[bool]:
        return sa.false()


def test_a_row_that_a_client_changes_during_the_comparison_is_copied_and_all_compared_again(database: Database) -> None:
    copied(database, 20)
    store = open_store(database.url)
    comparisons: list[str] = []

    @sa.event.listens_for(store.database.engine, "before_cursor_execute")
    def execute(connection: Any, cursor: Any, sql: str, *_: Any) -> None:
        if "sum(CASE" in sql:
            comparisons.append(sql)
            if len(comparisons) == 1:
                database.execute("UPDATE copied SET old = 99 WHERE id = 3")

    report = Runner(database=database, migrations=[copying(on_conflict="update")]).on(store)
    assert (report.exit_code, report.rows[0].state, len(comparisons)) == (0, DataState.DONE, 2)
    assert database.rows("SELECT old FROM copied WHERE id = 3") == [(3,)]


def test_a_run_that_is_to_stop_leaves_the_comparison_to_the_next_one(database: Database) -> None:
    copied(database, 20)
    migration = copying()
    store = open_store(database.url)
    with Connections(store.database) as connections:
        assert prove(store, connections, migration, first=True, stopped=lambda: True).again
        assert prove(store, connections, migration, first=False, stopped=lambda: True) == PROVEN


@pytest.mark.quick_on("sqlite", "postgresql")
@pytest.mark.parametrize("extra", [-1, 0, 1])
def test_a_copy_is_compared_range_by_range_and_no_row_falls_between(database: Database, extra: int) -> None:
    copied(database, RANGE + extra)
    database.execute("INSERT INTO copied (id, old) SELECT id, old FROM item")
    found = verified(database, copying()).comparison
    assert found is not None
    assert (found.source, found.there, found.equal) == (RANGE + extra, RANGE + extra, RANGE + extra)
    assert found.ranges == (1 if extra < 0 else 2)


@pytest.mark.servers("postgresql", "mariadb", "mysql")
def test_an_invariant_that_names_what_contract_has_removed_can_not_be_asked_any_more(database: Database) -> None:
    items(database, 1)
    where = ITEM.c.new.is_(None)
    door = open_store(database.url).database
    assert has_lost_its_question(door, fill(where=where, invariant=sa.select(sa.column("gone")).select_from(ITEM)))
    assert not has_lost_its_question(door, fill(where=where, invariant=sa.select(ITEM.c.id).where(ITEM.c.old == 0)))


def test_an_invariant_that_is_no_select_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="`invariant` is no SELECT"):
        fill(invariant="SELECT 1")
