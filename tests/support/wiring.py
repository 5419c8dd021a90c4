"""migrator's own view of a test's database, without a project."""

from __future__ import annotations

import sqlalchemy as sa

from migrator.db import database as ours
from migrator.db.observer import NoObserver, Observer
from migrator.dialects import pack_for
from tests.support.database import Database


def opened(database: Database, observer: Observer | None = None) -> ours.Database:
    """A ``migrator.db`` database on the test's, with an engine of its own."""
    return on_engine(database.engine(poolclass=sa.NullPool), observer)


def on_engine(engine: sa.Engine, observer: Observer | None = None) -> ours.Database:
    """The same on an engine."""
    with engine.connect() as connection:
        pack = pack_for(engine.dialect)
        identity = pack.session.identity(connection)
    return ours.Database(engine=engine, pack=pack, identity=identity, observer=observer or NoObserver())
