"""Our table of services as a test sees it, and registrations that beat fast."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

import migrator
from migrator.dialects import pack_for
from migrator.model.service import Service
from migrator.state.services import services_of
from migrator.state.store import Store
from migrator.state.tables import state_tables
from tests.support.database import Database
from tests.support.poll import eventually
from tests.support.wiring import opened

TICK = timedelta(milliseconds=50)
SOON = timedelta(seconds=10)
TABLE = state_tables(None).service


def make_tables(database: Database) -> None:
    """What the first ``migrator expand`` makes."""
    Store(database=opened(database)).ensure()


def register(engine: sa.Engine, name: str = "api", **options: Any) -> migrator.Registration:
    """Register with a fast heartbeat and a patient expiry."""
    given = {"heads": ["b71e"], "release": "2.0", "interval": TICK, "expiry": timedelta(minutes=1), **options}
    return migrator.register(engine, name, **given)


def read(database: Database) -> tuple[Service, ...]:
    """All rows, by name and instance."""
    engine = database.engine(poolclass=sa.NullPool)
    with engine.connect() as connection:
        return services_of(connection, TABLE, pack_for(engine.dialect).session.utc_now())


def the_service(database: Database) -> Service:
    """The only row."""
    (service,) = read(database)
    return service


def last_seen(database: Database) -> Any:
    """When the only row was last written, by the server's clock; None while it isn't there."""
    return database.scalar(sa.select(TABLE.c.last_seen))


def wait_for_a_beat(database: Database) -> None:
    """Until a heartbeat came that is newer than this call."""
    before = last_seen(database)
    eventually(lambda: last_seen(database) not in (None, before), what="a heartbeat")


def beating() -> list[threading.Thread]:
    """The heartbeats of this process."""
    return [thread for thread in threading.enumerate() if thread.name.startswith("migrator heartbeat of")]
