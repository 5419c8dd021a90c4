"""Several workers, and several processes, share a data migration by key ranges that they lease."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from migrator.data import control
from migrator.data.batches import Batches
from migrator.data.connections import Connections
from migrator.data.kinds import TransformMigration
from migrator.data.lane import Lane
from migrator.data.range_batches import RangeBatches, Work
from migrator.data.turn import Turn
from migrator.errors import ConfigurationError
from migrator.model.data import DataState
from migrator.state.data_progress import read_rows
from migrator.state.quarantine import read_entries
from tests.integration.data.running import ITEM, Runner, add, fill, items, learned, open_store, states, table_named
from tests.support.clock import HandClock
from tests.support.database import Database

SERVERS = pytest.mark.servers("postgresql", "postgresql-psycopg", "postgresql-14", "mariadb", "mysql")


def touched(database: Database) -> dict[int, int]:
    """How often changed → how many rows."""
    return dict(database.rows("SELECT touched, count(*) FROM item GROUP BY touched"))


def ranges(database: Database) -> int:
    return int(database.scalar("SELECT count(*) FROM migrator_data_range"))


@SERVERS
@pytest.mark.parametrize("workers", [2, 5])
def test_every_row_is_changed_once_and_all_counters_agree(database: Database, workers: int) -> None:
    items(database, 3_000)
    runner = Runner(database=database, migrations=[fill(batch_size=70)])
    report = runner(workers=workers)
    assert (report.exit_code, report.found, report.done) == (0, 3_000, 3_000)
    assert touched(database) == {1: 3_000}
    stored = runner.stored("fill")
    assert (stored.state, stored.found, stored.done) == (DataState.DONE, 3_000, 3_000)
    assert ranges(database) == 0


@SERVERS
def test_a_quick_worker_goes_on_for_a_while_before_it_waits_for_the_others(database: Database) -> None:
    items(database, 3_000)
    runner = Runner(database=database, migrations=[fill(batch_size=30)])
    # Time stands still, so a round ends with the rows only.
    assert runner(workers=2, clock=HandClock()).exit_code == 0
    assert touched(database) == {1: 3_000}
    assert len(runner.told) < 20, "a hundred batches, told once a round"


@SERVERS
def test_a_declaration_asks_for_workers_too_and_a_transform_has_them(database: Database) -> None:
    items(database, 500)

    def doubled(row: Mapping[str, Any]) -> dict[str, Any]:
        return {"new": row["old"] * 2, "touched": row["touched"] + 1}

    made = TransformMigration(
        name="t",
        table=ITEM,
        reads=("old", "touched"),
        writes=("new", "touched"),
        where=ITEM.c.new.is_(None),
        function=doubled,
        workers=3,
        batch_size=40,
    )
    assert Runner(database=database, migrations=[made])().exit_code == 0
    assert database.scalar("SELECT count(*) FROM item WHERE new = old * 2 AND touched = 1") == 500


def text_key(number: int) -> str:
    return f"k{number * 7919 % 1000:04}"


@SERVERS
def test_keys_of_text_are_cut_at_keys_that_the_database_gives(database: Database) -> None:
    items(database, 0, key="VARCHAR(40)")
    add(database, range(1, 601), key=text_key)
    report = Runner(database=database, migrations=[fill(batch_size=40)])(workers=3)
    assert (report.exit_code, report.done) == (0, 600)
    assert touched(database) == {1: 600}


@SERVERS
def test_huge_gaps_don_t_leave_all_rows_to_one_range(database: Database) -> None:
    items(database, 0, key="BIGINT")
    add(database, range(1, 401), key=lambda n: n if n <= 380 else n * 2**50)
    learned(database, "fill", 40)
    runner = Runner(database=database, migrations=[fill(batch_size=40)])
    assert runner(max_count=8, workers=4).exit_code == 1
    # All four workers had a range with rows in it.
    assert database.scalar("SELECT count(*) FROM migrator_data_range WHERE done > 0") == 4
    assert runner(workers=4).exit_code == 0
    assert touched(database) == {1: 400}


@SERVERS
@pytest.mark.parametrize("max_count", [1, 3, 50])
def test_max_count_bounds_all_workers_together(database: Database, max_count: int) -> None:
    items(database, 120)
    runner = Runner(database=database, migrations=[fill()])
    report = runner(max_count=max_count, workers=4)
    assert (report.exit_code, report.done) == (1, max_count)
    assert database.scalar("SELECT count(*) FROM item WHERE touched = 1") == max_count
    assert runner.stored("fill").done == max_count


@SERVERS
def test_a_run_of_one_worker_goes_on_with_the_ranges_of_an_earlier_run_and_others_cut_what_it_left(
    database: Database,
) -> None:
    items(database, 1_000)
    learned(database, "fill", 50)
    runner = Runner(database=database, migrations=[fill(batch_size=50)])
    assert runner(max_count=100).exit_code == 1
    assert ranges(database) == 0
    assert runner(max_count=300, workers=3).exit_code == 1
    assert ranges(database) > 1
    report = runner()
    assert (report.exit_code, report.done) == (0, 600)
    assert touched(database) == {1: 1_000}
    assert runner.stored("fill").done == 1_000


@SERVERS
def test_data_migrations_in_ranges_take_turns_too(database: Database) -> None:
    names = ["one", "two", "three"]
    for name in names:
        items(database, 300, table=name)
    runner = Runner(database=database, migrations=[fill(name, table=table_named(name)) for name in names])
    for _ in range(9):
        assert runner(max_count=4, workers=2).exit_code == 1
    done = [int(database.scalar(f"SELECT count(*) FROM {name} WHERE touched = 1")) for name in names]
    assert done == [12, 12, 12]


@SERVERS
def test_the_pace_is_marked_for_other_shells_while_ranges_are_done(database: Database) -> None:
    items(database, 100)
    runner = Runner(database=database, migrations=[fill(batch_size=10)])
    assert runner(max_count=40, workers=2).exit_code == 1
    ((_, done),) = json.loads(database.scalar("SELECT marks FROM migrator_data_migration"))
    assert done < 40, "that of the first round"


@SERVERS
def test_rows_that_come_meanwhile_are_done_by_the_sweep_at_the_end(database: Database) -> None:
    items(database, 400)
    came = False

    def told(progress: Any) -> None:
        nonlocal came
        if progress.done >= 100 and not came:
            came = True
            add(database, range(5_001, 5_051))

    report = Runner(database=database, migrations=[fill(batch_size=30)])(workers=2, progress=told)
    assert (report.exit_code, came) == (0, True)
    assert touched(database) == {1: 450}


@SERVERS
def test_rows_that_fail_are_parked_by_any_worker(database: Database) -> None:
    items(database, 400)
    database.execute("ALTER TABLE item ADD CONSTRAINT small CHECK (new IS NULL OR new NOT IN (7, 150, 399))")
    runner = Runner(database=database, migrations=[fill(batch_size=50)])
    assert [int(runner(workers=3).exit_code) for _ in range(2)] == [1, 2]
    assert touched(database) == {0: 3, 1: 397}
    store = open_store(database.url)
    with store.database.autocommit("test") as connection:
        assert len(read_entries(store, connection, "fill")) == 3
    database.execute("ALTER TABLE item DROP CONSTRAINT small")
    control.retry(store, "fill")
    assert runner(workers=3).exit_code == 0
    assert touched(database) == {1: 400}


@SERVERS
def test_pause_and_retry_by_another_shell_hold_for_all_workers(database: Database) -> None:
    items(database, 300)
    waited: list[int] = []

    def told(progress: Any) -> None:
        if progress.held_by.startswith("paused"):
            waited.append(database.scalar("SELECT count(*) FROM item WHERE touched = 1"))
            if len(waited) == 3:
                control.retry(open_store(database.url), "fill")
                control.resume(open_store(database.url), "fill")
        elif progress.done and not waited:
            control.pause(open_store(database.url), "fill")

    report = Runner(database=database, migrations=[fill(batch_size=20)])(workers=2, progress=told)
    assert (report.exit_code, len(set(waited))) == (0, 1)
    assert touched(database) == {1: 300}


@SERVERS
def test_two_runs_at_once_with_two_workers_each_share_the_rows(database: Database) -> None:
    items(database, 2_000)
    learned(database, "fill", 20)
    reports: list[Any] = []

    def one() -> None:
        reports.append(Runner(database=database, migrations=[fill(batch_size=20)])(workers=2))

    threads = [threading.Thread(target=one) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [int(report.exit_code) for report in reports] == [0, 0]
    assert sum(report.done for report in reports) == 2_000
    assert touched(database) == {1: 2_000}


class Workers:
    """Workers of a data migration whose pass is cut, each driven by hand."""

    def __init__(self, database: Database) -> None:
        items(database, 100)
        learned(database, "fill", 10)
        self.store = open_store(database.url)
        self.runner = Runner(database=database, migrations=[fill(batch_size=10)])
        assert self.runner(max_count=2, workers=2).exit_code == 1
        database.execute("UPDATE item SET touched = 0")
        self.connections: list[Connections] = []

    def worker(self) -> Callable[[], Turn]:
        connections = Connections(self.store.database)
        self.connections.append(connections)
        batches = Batches(store=self.store, connections=connections, stop=threading.Event())
        worker = RangeBatches(batches=batches, owner=uuid4().hex)

        def turn() -> Turn:
            with connections.asking() as connection:
                row = read_rows(self.store, connection)["fill"]
                lane = Lane(migration=fill(batch_size=10))
                lane.find_rows(connection, self.store.database.pack.keys)
            lane.sizer = replace(lane.sizer, size=10)
            assert lane.rows is not None
            return worker.turn(Work(lane=lane, rows=lane.rows, row=row, left=10))

        return turn

    def close(self) -> None:
        for one in self.connections:
            one.__exit__(None, None, None)


@pytest.fixture
def workers(database: Database) -> Any:
    made = Workers(database)
    yield made
    made.close()


@SERVERS
def test_a_worker_whose_lease_another_took_changes_nothing(workers: Workers, database: Database) -> None:
    first, second = workers.worker(), workers.worker()
    database.execute("UPDATE migrator_data_range SET finished = true WHERE number > 0")
    assert first().done == 10
    assert second() == Turn()  # it is held
    database.execute("UPDATE migrator_data_range SET expires_at = '2001-01-01 00:00:00' WHERE number = 0")
    assert second().done == 10
    assert first() == Turn()
    assert touched(database)[1] == 20
    assert second().done == 10


@SERVERS
def test_the_range_of_a_session_that_has_ended_is_taken_over_before_its_lease_runs_out(
    workers: Workers, database: Database
) -> None:
    first, second = workers.worker(), workers.worker()
    database.execute("UPDATE migrator_data_range SET finished = true WHERE number > 0")
    assert first().done == 10
    workers.connections[0].__exit__(None, None, None)
    taken = sum(second().done for _ in range(20) if not touched(database).get(1, 0) >= 20)
    assert taken == 10


@SERVERS
def test_a_token_that_changes_under_a_batch_undoes_the_batch(workers: Workers, database: Database) -> None:
    first = workers.worker()
    database.execute("UPDATE migrator_data_range SET finished = true WHERE number > 0")
    assert first().done == 10
    # As if its session had been cut from the row's lock: the write finds another token.
    database.execute("UPDATE migrator_data_range SET token = token + 1")
    before = touched(database)
    assert first() == Turn()
    assert touched(database) == before


@pytest.mark.servers("sqlite")
def test_where_one_connection_writes_several_workers_are_refused_and_a_declaration_s_are_one(
    database: Database,
) -> None:
    items(database, 5)
    with pytest.raises(ConfigurationError, match="--workers 2"):
        Runner(database=database, migrations=[fill()])(workers=2)
    report = Runner(database=database, migrations=[fill(workers=4)])()
    assert (report.exit_code, states(report)) == (0, {"fill": DataState.DONE})
