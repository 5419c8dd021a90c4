"""The table of services: written by their heartbeats, read by the gates.  All times are the server's."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection

from migrator.model.service import Service
from migrator.state.store import Store

KEPT_AFTER_STOP = timedelta(days=7)
_MILLISECOND = timedelta(milliseconds=1)


def read_services(store: Store, connection: Connection) -> tuple[Service, ...]:
    """All services that ever registered and were not forgotten, by name and instance; empty without our table.

    Changes nothing.
    """
    table = store.tables.service
    if not store.has(connection, table):
        return ()
    return services_of(connection, table, store.database.pack.session.utc_now())


def services_of(connection: Connection, table: sa.Table, now: ColumnElement[datetime]) -> tuple[Service, ...]:
    """The same from the table alone, for those who have no :class:`Store`."""
    columns = [column for column in table.c if column.name != "registered_at"]
    rows = connection.execute(sa.select(*columns, now.label("now")).order_by(table.c.name, table.c.instance))
    return tuple(_service(row) for row in rows.mappings())


def releases_in_use(connection: Connection, table: sa.Table, name: str) -> frozenset[str]:
    """What the instances of a service run that have not stopped, silent ones too; empty texts where they didn't say."""
    running = sa.and_(table.c.name == name, table.c.stopped_at.is_(None))
    return frozenset(connection.execute(sa.select(table.c.release).where(running).distinct()).scalars())


def write_service(connection: Connection, table: sa.Table, now: ColumnElement[datetime], service: Service) -> None:
    """Make or renew the row of an instance that starts, in the caller's transaction.

    Rows of its name that stopped more than :data:`KEPT_AFTER_STOP` ago are deleted.
    """
    values = {
        "release": service.release[:64],
        "heads": json.dumps(service.heads),
        "revisions": json.dumps(sorted(service.revisions)),
        "expiry_ms": service.expiry // _MILLISECOND,
        "registered_at": now,
        "last_seen": now,
        "asked_at": None,
        "stopped_at": None,
    }
    changed = connection.execute(sa.update(table).where(_is(table, service)).values(**values))
    if not changed.rowcount:
        connection.execute(sa.insert(table).values(name=service.name, instance=service.instance, **values))
    for old in services_of(connection, table, now):
        if old.name == service.name and old.stopped is not None and old.stopped > KEPT_AFTER_STOP:
            connection.execute(sa.delete(table).where(_is(table, old)))


def beat(connection: Connection, table: sa.Table, now: ColumnElement[datetime], service: Service) -> bool:
    """Say that an instance lives: one statement.  False when its row is gone (it was forgotten)."""
    values = {"last_seen": now, "asked_at": None, "stopped_at": None}
    return bool(connection.execute(sa.update(table).where(_is(table, service)).values(**values)).rowcount)


def stop(connection: Connection, table: sa.Table, now: ColumnElement[datetime], service: Service) -> None:
    """Say that an instance took its leave."""
    connection.execute(sa.update(table).where(_is(table, service)).values(stopped_at=now))


def ask(store: Store, connection: Connection, services: Iterable[Service]) -> None:
    """Leave a question in each row that has none; the next heartbeat takes it away."""
    table, now = store.tables.service, store.database.pack.session.utc_now()
    for service in services:
        unasked = sa.and_(_is(table, service), table.c.asked_at.is_(None))
        connection.execute(sa.update(table).where(unasked).values(asked_at=now))


def forget(store: Store, connection: Connection, name: str, instance: str) -> bool:
    """Delete a row; False when there is none.  A service that lives comes back with its next heartbeat."""
    table = store.tables.service
    if not store.has(connection, table):
        return False
    gone = connection.execute(sa.delete(table).where(_is(table, Service(name=name, instance=instance))))
    return bool(gone.rowcount)


def _is(table: sa.Table, service: Service) -> ColumnElement[bool]:
    return sa.and_(table.c.name == service.name, table.c.instance == service.instance)


def _service(row: sa.RowMapping) -> Service:
    def since(moment: str) -> timedelta | None:
        return None if row[moment] is None else max(timedelta(), row["now"] - row[moment])

    return Service(
        name=row["name"],
        instance=row["instance"],
        release=row["release"],
        heads=_ids(row["heads"]),
        revisions=frozenset(_ids(row["revisions"])),
        silence=since("last_seen") or timedelta(),
        expiry=row["expiry_ms"] * _MILLISECOND,
        asked=since("asked_at"),
        stopped=since("stopped_at"),
    )


def _ids(text: str) -> tuple[str, ...]:
    value: Any = json.loads(text)
    return tuple(str(one) for one in value)
