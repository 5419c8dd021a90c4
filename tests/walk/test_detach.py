"""DETACH PARTITION CONCURRENTLY is two transactions: what stops between them is completed, not repeated."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa

from tests.support import run
from tests.support.database import Database
from tests.support.poll import eventually
from tests.support.project import Project

pytestmark = pytest.mark.servers("postgresql", "postgresql-14", "postgresql-18")
TABLES = """
op.execute("CREATE TABLE parted (id integer PRIMARY KEY) PARTITION BY RANGE (id)")
op.execute("CREATE TABLE parted_old PARTITION OF parted FOR VALUES FROM (0) TO (10)")
op.execute("CREATE TABLE parted_new PARTITION OF parted FOR VALUES FROM (10) TO (20)")
"""
DETACH = """
with op.get_context().autocommit_block():
    op.execute("ALTER TABLE parted DETACH PARTITION parted_old CONCURRENTLY")
"""
WAITING = "SELECT count(*) FROM pg_inherits WHERE inhdetachpending"
PARTS = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'parted'::regclass"


@contextmanager
def reading(database: Database) -> Iterator[None]:
    """A transaction that has read the whole table."""
    with database.engine(poolclass=sa.NullPool).connect() as connection, connection.begin():
        connection.exec_driver_sql("SELECT * FROM parted").all()
        yield


@pytest.fixture
def parted(database: Database, project: Project) -> Project:
    project.revision("expand", "tables", TABLES, allow={"opaque-sql": "new tables"})
    done = project.run("expand")
    assert done.exit_code == 0, done.output
    project.revision("contract", "detach", DETACH, depends_on="tables", allow={"opaque-sql": "as the manual has it"})
    return project


def test_killed_between_its_two_transactions_a_detachment_is_completed(database: Database, parted: Project) -> None:
    with reading(database):
        process = parted.start("contract", "--lock-timeout", "60")
        eventually(lambda: database.scalar(WAITING), within=30, what="it waits for the reader")
        process.kill()
        process.wait()
        eventually(lambda: not _detaching(database), within=30, what="the server has noticed")
    assert database.scalar(WAITING) == 1
    again = parted.run("contract")
    assert again.exit_code == 0, again.output
    assert database.rows(PARTS) == [("parted_new",)]
    assert database.rows("SELECT state FROM migrator_journal") == []


def test_a_detachment_that_gave_up_waiting_is_completed_when_the_reader_has_gone(
    database: Database, parted: Project
) -> None:
    with reading(database):
        process = parted.start("contract", "--lock-timeout", "0.3", "--lock-budget", "60")
        eventually(lambda: database.scalar(WAITING) and not _detaching(database), within=30, what="it gave up")
    outcome = run.finish(process, within=60)
    assert outcome.exit_code == 0, outcome.output
    assert database.rows(PARTS) == [("parted_new",)]


def _detaching(database: Database) -> int:
    return int(
        database.scalar(
            "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'ALTER TABLE parted DETACH%'"
            " AND datname = current_database()"
        )
    )
