"""The time that a run says is left, while another process shares its rows."""

from __future__ import annotations

from datetime import timedelta

from migrator.model.data import DataProgress
from tests.integration.data.running import Runner, fill, items
from tests.support.clock import HandClock
from tests.support.database import Database

ROWS = 600
BATCH = 20


def told_by_one_of_two(database: Database, *, companions: bool) -> list[DataProgress]:
    """What a run tells that does a batch a second, while another process does one beside each."""
    items(database, ROWS)
    migration = fill(batch_size=BATCH)
    other = Runner(database=database, migrations=[migration])
    clock, told = HandClock(), list[DataProgress]()

    def batch_done(progress: DataProgress) -> None:
        told.append(progress)
        clock.pass_by(1)
        if companions and progress.remaining:
            other(BATCH)

    run = Runner(database=database, migrations=[migration])
    assert run(clock=clock, progress=batch_done, max_count=BATCH * 10).exit_code == 1
    return told


def test_the_time_left_is_that_of_all_processes_together(database: Database) -> None:
    told = told_by_one_of_two(database, companions=True)
    latest = next(one for one in reversed(told) if one.eta is not None)
    left = ROWS - int(database.scalar(f"SELECT count(*) FROM item WHERE touched > 0 AND id <= {latest.done_ever}"))
    assert latest.remaining == left, "what the other did isn't left"
    assert latest.eta is not None
    assert latest.eta[1] < timedelta(seconds=1.5 * left / (2 * BATCH)), "two batches a second, not one"


def test_alone_it_is_that_of_its_own_batches(database: Database) -> None:
    told = told_by_one_of_two(database, companions=False)
    latest = next(one for one in reversed(told) if one.eta is not None)
    assert latest.eta is not None
    assert latest.eta[0] > timedelta(seconds=0.6 * (latest.remaining or 0) / BATCH)
