"""A COMMIT without an answer: our row decides, nothing is guessed, no row is changed twice."""

from __future__ import annotations

from dataclasses import replace

import pytest

from migrator.data.kinds import FunctionMigration
from tests.integration.data.relay import Fault, relayed
from tests.integration.data.running import Runner, fill, items
from tests.integration.data.test_function import TODO, copy
from tests.integration.data.test_transform import transform
from tests.support.database import Database

SERVERS = pytest.mark.servers("postgresql", "postgresql-psycopg", "mariadb", "mysql")


@SERVERS
@pytest.mark.parametrize("fault", ["commit lost", "answer lost"])
@pytest.mark.parametrize("kind", ["update", "function", "transform"])
def test_the_run_goes_on_from_what_really_happened(database: Database, fault: Fault, kind: str) -> None:
    items(database, 20)
    function = FunctionMigration(name="fill", function=copy, remaining=TODO, batch_size=4)
    computed = transform(name="fill", batch_size=4)
    migration = {"update": fill(batch_size=4), "function": function, "transform": computed}[kind]
    with relayed(database.url, fault, batch=2) as (url, relay):
        report = Runner(database=replace(database, url=url), migrations=[migration])(observer=relay)
        assert relay.cuts == 1
    assert (report.exit_code, report.done) == (0, 20)
    assert database.rows("SELECT touched, count(*) FROM item GROUP BY touched") == [(1, 20)]
    assert database.rows("SELECT found, done FROM migrator_data_migration") == [(20, 20)]


def assert_each_row_was_changed_once(database: Database, rows: int) -> None:
    assert database.rows("SELECT touched, count(*) FROM item GROUP BY touched") == [(1, rows)]
    assert database.rows("SELECT state, found, done FROM migrator_data_migration") == [("done", rows, rows)]
    assert database.rows("SELECT * FROM migrator_data_range") == []


@SERVERS
@pytest.mark.parametrize("fault", ["commit lost", "answer lost"])
@pytest.mark.parametrize("batch", [1, 3])
def test_a_worker_goes_on_in_its_leased_range_from_what_really_happened(
    database: Database, fault: Fault, batch: int
) -> None:
    items(database, 40)
    migration = fill(batch_size=4)
    assert Runner(database=database, migrations=[migration])(max_count=8, workers=2).exit_code == 1
    assert int(database.scalar("SELECT count(*) FROM migrator_data_range")) > 1
    with relayed(database.url, fault, batch=batch) as (url, relay):
        report = Runner(database=replace(database, url=url), migrations=[migration])(observer=relay)  # a single thread
        assert relay.cuts == 1
    assert (report.exit_code, report.done) == (0, 32)
    assert_each_row_was_changed_once(database, 40)


@SERVERS
@pytest.mark.parametrize("fault", ["commit lost", "answer lost"])
@pytest.mark.parametrize("batch", [1, 4])
def test_so_do_several_at_once_whichever_of_them_loses_its_commit(database: Database, fault: Fault, batch: int) -> None:
    items(database, 120)
    with relayed(database.url, fault, batch=batch) as (url, relay):
        runner = Runner(database=replace(database, url=url), migrations=[fill(batch_size=4)])
        report = runner(observer=relay, workers=3)
        assert relay.cuts == 1
    assert report.exit_code == 0
    assert_each_row_was_changed_once(database, 120)


@SERVERS
@pytest.mark.parametrize("fault", ["commit lost", "answer lost"])
def test_a_turn_of_workers_that_is_lost_is_nothing(database: Database, fault: Fault) -> None:
    items(database, 40)
    with relayed(database.url, fault, batch=1, kind="turn") as (url, relay):
        runner = Runner(database=replace(database, url=url), migrations=[fill(batch_size=4)])
        report = runner(observer=relay, workers=2)
        assert relay.cuts == 1
    assert (report.exit_code, report.done) == (0, 40)
    assert_each_row_was_changed_once(database, 40)
