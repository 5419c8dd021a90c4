"""Our own tables come to be once, however many runners make them at the same moment."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from migrator.state.journal import STARTED, JournalKey, read_journal, write_journal
from migrator.state.store import Store
from tests.support.database import Database
from tests.support.wiring import opened

RUNNERS = 6
ROUNDS = 8


def test_runners_at_once_all_find_our_tables_made(database: Database) -> None:
    for _ in range(ROUNDS):
        barrier = threading.Barrier(RUNNERS)

        def make(barrier: threading.Barrier = barrier) -> None:
            store = Store(database=opened(database))
            barrier.wait()
            store.ensure()

        with ThreadPoolExecutor(RUNNERS) as pool:
            for future in [pool.submit(make) for _ in range(RUNNERS)]:
                future.result()
        assert database.scalar("SELECT count(*) FROM migrator_schema") == 1
        database.execute(*(f"DROP TABLE {table}" for table in database.tables()))


def test_a_step_in_a_state_that_a_newer_migrator_invented_has_an_unknown_outcome(database: Database) -> None:
    store = Store(database=opened(database))
    store.ensure()
    key = JournalKey(digest="0" * 64, nth=0)
    with store.database.transaction("test") as connection:
        write_journal(store, connection, "e1", key, "dreaming", run_id="r", session="s")
        assert read_journal(store, connection, "e1")[key].state == STARTED
