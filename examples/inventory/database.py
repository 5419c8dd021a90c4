"""Engines for the application and for its migrations."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Engine, event

# Longer than any step of an upgrade keeps a writer waiting.
BUSY_TIMEOUT_MS = 30_000
_BEGIN = "inventory_begin"  # execution option: how a transaction begins on SQLite


def make_engine(url: str | sa.URL, **options: Any) -> Engine:
    """An engine that can be used while others write and the schema changes.

    On SQLite: write-ahead log (readers and the writer don't block each other), a busy timeout, and no transactions but
    those of :func:`reading` and :func:`writing`: the driver would begin none for DDL, and migrator begins its own.
    """
    engine = sa.create_engine(url, **options)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def reading(engine: Engine) -> AbstractContextManager[Connection]:
    """A transaction that only reads."""
    return engine.execution_options(**{_BEGIN: "BEGIN"}).begin()


def writing(engine: Engine) -> AbstractContextManager[Connection]:
    """A transaction that writes.

    On SQLite it takes the write lock at its start: a transaction that begins as a reader and then wants to write fails
    at once when somebody else wrote in between, whatever the busy timeout.
    """
    return engine.execution_options(**{_BEGIN: "BEGIN IMMEDIATE"}).begin()


def _set_up_sqlite(connection: Any, record: Any) -> None:
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")


def _begin_sqlite(connection: Connection) -> None:
    statement = connection.get_execution_options().get(_BEGIN)
    if statement:
        connection.exec_driver_sql(statement)
