"""SIGTERM and Ctrl-C finish the batch; nothing is lost."""

from __future__ import annotations

import signal

import pytest

from tests.support import run, shop
from tests.support.database import Database
from tests.support.poll import eventually
from tests.support.project import Project

ROWS = 60_000
SMALL_BATCHES = shop.DATA.replace('requires=("add_new",),', 'requires=("add_new",),\n    batch_size=20,')


def filled(database: Database, project: Project) -> None:
    shop.release_a(project)
    assert project.run("expand").exit_code == 0
    digits = "(SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4" + "".join(
        f" UNION ALL SELECT {digit}" for digit in range(5, 10)
    )
    froms = ", ".join(f"{digits}) AS t{place}" for place in range(5))
    number = " + ".join(f"t{place}.d * {10**place}" for place in range(5))
    database.execute(f"INSERT INTO shop (id, old) SELECT {number}, 'x' FROM {froms} WHERE {number} < {ROWS}")
    shop.release_b(project)
    project.data("rename", SMALL_BATCHES)
    assert project.run("expand").exit_code == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_a_signal_finishes_the_batch_and_exits_1(database: Database, project: Project, number: signal.Signals) -> None:
    filled(database, project)
    process = project.start("online-data-migrations", "--format", "json")
    eventually(lambda: database.scalar("SELECT done FROM migrator_data_migration") or 0, what="the first batch")
    process.send_signal(number)
    outcome = run.finish(process)
    assert outcome.exit_code == 1, outcome.output
    report = outcome.json()
    assert report["interrupted"] is True
    assert 0 < report["done"] < ROWS
    assert database.scalar("SELECT count(*) FROM shop WHERE new = old") == report["done"]
    assert "Traceback" not in outcome.stderr
