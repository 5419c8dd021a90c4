"""Verification: the predicate, the author's invariant, and both sides of a copy."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from migrator.data.kinds import CopyMigration, DataMigration
from migrator.data.verify import RANGE, verify
from migrator.errors import ConfigurationError
from migrator.model.data import DataState
from migrator.model.verification import Verification
from tests.integration.data.running import ITEM, Runner, fill, items, open_store
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


@pytest.mark.quick_on("sqlite", "postgresql")
@pytest.mark.parametrize("extra", [-1, 0, 1])
def test_a_copy_is_compared_range_by_range_and_no_row_falls_between(database: Database, extra: int) -> None:
    copied(database, RANGE + extra)
    database.execute("INSERT INTO copied (id, old) SELECT id, old FROM item")
    found = verified(database, copying()).comparison
    assert found is not None
    assert (found.source, found.there, found.equal) == (RANGE + extra, RANGE + extra, RANGE + extra)
    assert found.ranges == (1 if extra < 0 else 2)


def test_an_invariant_that_is_no_select_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="`invariant` is no SELECT"):
        fill(invariant="SELECT 1")
