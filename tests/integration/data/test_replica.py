"""A real PostgreSQL replica that is held back: the run stops, and goes on when it has caught up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from migrator.data import control
from migrator.data.pace import Pace
from migrator.model.data import DataProgress, DataState
from tests.integration.data.running import Runner, fill, items, open_store
from tests.servers.fleet import Fleet
from tests.servers.missing import ServerMissingError
from tests.servers.postgresql import PostgreSQL
from tests.servers.standby import Standby
from tests.support.database import Database, database_on_server
from tests.support.poll import eventually

pytestmark = [pytest.mark.servers("postgresql"), pytest.mark.slow]
A_SECOND = timedelta(seconds=1)


@pytest.fixture
def pair(server: str, fleet: Fleet) -> Iterator[tuple[Database, Database]]:
    """A database on a primary of our own, and the same on its standby."""
    try:
        primary = fleet.server(server)
        assert isinstance(primary, PostgreSQL)
        standby: Standby = fleet.standby(primary)
    except ServerMissingError as error:
        pytest.fail(f"a PostgreSQL with a standby is missing: {error}", pytrace=False)
    try:
        with database_on_server(server, primary.url) as database:
            name = sa.make_url(database.url).database
            url = standby.url.set(database=name).render_as_string(hide_password=False)
            behind = Database(url=url, server=server, dialect="postgresql")
            eventually(lambda: primary_sees(primary), within=30)
            # Not by the standby's own word: it may not even have received the new database yet.
            eventually(lambda: has_replayed(standby, written_to(primary)), within=30)
            yield database, behind
    finally:
        standby.stop()


def primary_sees(primary: PostgreSQL) -> bool:
    return bool(answer(primary.url, "SELECT count(*) FROM pg_stat_replication WHERE replay_lsn IS NOT NULL"))


def written_to(primary: PostgreSQL) -> str:
    """Where the primary's log is now."""
    return str(answer(primary.url, "SELECT pg_current_wal_lsn()"))


def has_replayed(standby: Standby, place: str) -> bool:
    """Asked over a database that is always there."""
    return bool(answer(standby.url, "SELECT pg_last_wal_replay_lsn() >= CAST(:place AS pg_lsn)", place=place))


def answer(url: sa.URL, statement: str, **values: str) -> Any:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        return connection.execute(sa.text(statement), values).scalar()


def run_held_back(database: Database, behind: Database, pace: Pace) -> tuple[int, list[str], list[int]]:
    """Hold the standby back after the first batch, and let it go once the run waits for it."""
    items(database, 25)
    control.throttle(open_store(database.url), "fill", 0.97, None)  # else it is through before anybody is late
    written = database.scalar("SELECT CAST(pg_current_wal_lsn() AS text)")
    replayed = "SELECT pg_last_wal_replay_lsn() >= CAST(:place AS pg_lsn)"
    eventually(lambda: behind.scalar(replayed, place=written), within=30)
    held: list[str] = []
    untouched: list[int] = []

    def told(progress: DataProgress) -> None:
        if progress.done == 1 and not held:
            behind.execute("SELECT pg_wal_replay_pause()")
        if "replica lag" in progress.held_by:
            held.append(progress.held_by)
            untouched.append(int(database.scalar("SELECT count(*) FROM item WHERE touched = 0")))
            if len(held) == 4:
                behind.execute("SELECT pg_wal_replay_resume()")

    report = Runner(database=database, migrations=[fill(batch_size=1)])(pace=pace, progress=told)
    assert report.rows[0].state is DataState.DONE
    assert report.rows[0].throttled > A_SECOND
    return int(report.exit_code), held, untouched


def test_the_primary_s_view_of_a_replica_that_is_held_back_stops_the_run(pair: tuple[Database, Database]) -> None:
    database, behind = pair
    code, held, untouched = run_held_back(database, behind, Pace(most_lag=A_SECOND, cores=1000))
    assert (code, len(held) >= 4) == (0, True)
    assert "replica lag: standby is" in held[0]
    assert len(set(untouched[:4])) == 1
    assert 0 < untouched[0] < 25


def test_a_replica_that_is_asked_itself_stops_the_run_too(pair: tuple[Database, Database]) -> None:
    database, behind = pair
    pace = Pace(full_speed=True, replicas=[behind.url], most_lag=A_SECOND)
    code, held, untouched = run_held_back(database, behind, pace)
    assert (code, len(held) >= 4) == (0, True)
    assert "replica lag of 127.0.0.1" in held[0]
    assert len(set(untouched[:4])) == 1
