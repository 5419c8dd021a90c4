"""One short visit to the database over the application's own engine.

A visit takes a connection from the pool, does one small transaction and gives the connection back.  Whatever goes wrong
becomes an error of ours without the driver's text; nothing of the session's settings is left behind.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine

from migrator import errors
from migrator.db.translate import translated
from migrator.dialects import pack_for
from migrator.scripts.usercode import user_code

LOCK_TIMEOUT = timedelta(seconds=1)
Answer = TypeVar("Answer")
Word = Callable[[Connection, ColumnElement[datetime]], Answer]
"""What is done in a visit: it gets the connection and the server's clock in UTC, as an expression."""


def visit(engine: Engine, table: sa.Table, word: Word[Answer], *, patience: timedelta | None = None) -> Answer:
    """Do ``word`` in a transaction of its own.

    Args:
        engine: the application's.
        table: the one of ours that it is about.
        word: what is done; a lock that it needs is waited for no longer than :data:`LOCK_TIMEOUT`.
        patience: how long the server may take to answer; then the connection is cut, where its driver lets us.

    Raises:
        UnreachableError, PoolExhaustedError: there is no connection to be had.
        TableMissingError: our table isn't there.
        UserCodeError: the engine's own hooks raised.
        DatabaseError: any other trouble.
    """
    with _through_the_door(engine), engine.connect() as connection, _answered_within(connection, patience):
        return _said(connection, table, word)


async def visit_async(engine: AsyncEngine, table: sa.Table, word: Word[Answer], *, patience: timedelta) -> Answer:
    """The same over an async engine, on the running loop; connecting counts into the patience too."""
    try:
        async with asyncio.timeout(patience.total_seconds()):
            with _through_the_door(engine.sync_engine):
                async with engine.connect() as connection:
                    return await connection.run_sync(_said, table, word)
    except TimeoutError:
        raise errors.ConnectionLostError(
            f"the server didn't answer within {patience.total_seconds():g} s", error_class="TimeoutError", code=""
        ) from None


@contextmanager
def _through_the_door(engine: Engine) -> Iterator[None]:
    """Errors of connecting; those of statements are ours already."""
    with user_code("the application's engine"):
        try:
            yield
        except PoolTimeoutError:
            raise errors.PoolExhaustedError(
                "all connections of the engine's pool were in use", error_class="TimeoutError", code=""
            ) from None
        except DBAPIError as error:
            pack = pack_for(engine.dialect)
            raise pack.errors.translate_connect(error, place=_place(pack.name, engine.url)) from None


def _place(dialect: str, url: sa.URL) -> str:
    """The database without its password; without a version too, since it didn't say."""
    host = f"{url.host}:{url.port}" if url.port else url.host or ""
    return f"{dialect} at {host}/{url.database or ''}" if host else f"{dialect} {url.database or ''}"


@contextmanager
def _answered_within(connection: Connection, patience: timedelta | None) -> Iterator[None]:
    """A server that went away without a word (a failover, a cut cable) would be waited for until TCP gives up."""
    if patience is None:
        yield
        return
    session = pack_for(connection.dialect).session
    timer = threading.Timer(patience.total_seconds(), session.sever, (connection.connection.driver_connection,))
    timer.name = "migrator heartbeat's patience"
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _said(connection: Connection, table: sa.Table, word: Word[Answer]) -> Answer:
    pack = pack_for(connection.dialect)
    with translated(pack.errors), pack.session.guest_transaction(connection, lock_timeout=LOCK_TIMEOUT):
        try:
            return word(connection, pack.session.utc_now())
        except DBAPIError as error:
            if error.orig is None or not pack.errors.table_missing(error.orig):
                raise
            raise errors.TableMissingError(
                f"the table {table.fullname} is not there", error_class=type(error.orig).__name__, code=""
            ) from None
