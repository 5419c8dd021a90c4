"""Services in our table as their heartbeats would leave them, with any age."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

import sqlalchemy as sa

from migrator.dialects import pack_for
from migrator.model.service import Service
from migrator.state.services import stop, write_service
from migrator.state.tables import state_tables
from tests.support.database import Database

EXPIRY = timedelta(seconds=60)
TABLE = state_tables(None).service


def speak(
    database: Database,
    name: str,
    instance: str = "1",
    release: str = "",
    revisions: Collection[str] = (),
    heads: Collection[str] = (),
) -> Service:
    """Register an instance, now."""
    service = Service(
        name=name, instance=instance, release=release, revisions=frozenset(revisions), heads=tuple(heads), expiry=EXPIRY
    )
    with database.engine().begin() as connection:
        write_service(connection, TABLE, pack_for(connection.dialect).session.utc_now(), service)
    return service


def leave(database: Database, service: Service) -> None:
    """Deregister it, now."""
    with database.engine().begin() as connection:
        stop(connection, TABLE, pack_for(connection.dialect).session.utc_now(), service)


def age(database: Database, service: Service, column: str, by: timedelta) -> None:
    """Set a moment of its row back, as if so much time had gone by."""
    mine = sa.and_(TABLE.c.name == service.name, TABLE.c.instance == service.instance)
    with database.engine().begin() as connection:
        moment = connection.execute(sa.select(TABLE.c[column]).where(mine)).scalar_one()
        connection.execute(sa.update(TABLE).where(mine).values({column: moment - by}))
