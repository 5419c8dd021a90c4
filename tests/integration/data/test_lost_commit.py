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


@pytest.mark.servers("postgresql", "postgresql-psycopg", "mariadb", "mysql")
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
