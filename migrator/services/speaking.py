"""One short visit to the database over the application's own engine.

A visit takes a connection from the pool, does one small transaction and gives the connection back.  Whatever goes wrong
becomes an error of ours without the driver's text; nothing of the session's settings is left behind.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine

from migrator import errors
from migrator.db.translate import translated
from migrator.dialects import pack_for
from migrator.dialects.base import SessionRules
from migrator.scripts.usercode import user_code

LOCK_TIMEOUT = timedelta(seconds=1)
_AFTER_A_CUT = timedelta(seconds=1)
_MOST_ASTRAY = 5
_astray: list[threading.Thread] = []
_lock = threading.Lock()
Answer = TypeVar("Answer")
Word = Callable[[Connection, ColumnElement[datetime]], Answer]
"""What is done in a visit: it gets the connection and the server's clock in UTC, as an expression."""


def visit(engine: Engine, table: sa.Table, word: Word[Answer], *, patience: timedelta | None = None) -> Answer:
    """Do ``word`` in a transaction of its own.

    Args:
        engine: the application's.
        table: the one of ours that it is about.
        word: what is done; a lock that it needs is waited for no longer than :data:`LOCK_TIMEOUT`.
        patience: how long all of it may take.  After that the connection is cut, where its driver lets us, else the
            thread that waits for the server (or connects, or pings) is left behind.  None: as long as it takes.

    Raises:
        UnreachableError, PoolExhaustedError: there is no connection to be had.
        TableMissingError: our table isn't there.
        UserCodeError: the engine's own hooks raised.
        ConnectionLostError: the patience is over, or the connection went away.
        DatabaseError: any other trouble.
    """
    line = _Line()
    if patience is None:
        return _visited(engine, table, word, line)
    _refuse_a_crowd()
    future: Future[Answer] = Future()

    def go() -> None:
        try:
            future.set_result(_visited(engine, table, word, line))
        except errors.MigratorError as error:
            future.set_exception(error)

    thread = threading.Thread(target=go, name="migrator visit", daemon=True)
    try:
        thread.start()
    except RuntimeError:  # an interpreter that is ending starts no thread any more
        return _visited(engine, table, word, line)
    try:
        return _answer(future, line, patience)
    except TimeoutError:
        with _lock:
            _astray.append(thread)
        raise _no_answer(patience, connected=line.driver is not None) from None


def _refuse_a_crowd() -> None:
    """Each thread that was left behind may hold a connection of the pool."""
    with _lock:
        _astray[:] = [one for one in _astray if one.is_alive()]
        if len(_astray) >= _MOST_ASTRAY:
            raise errors.ConnectionLostError(
                f"{_MOST_ASTRAY} earlier attempts still wait for the server", error_class="TimeoutError", code=""
            )


def _answer(future: Future[Answer], line: _Line, patience: timedelta) -> Answer:
    try:
        return future.result(patience.total_seconds())
    except TimeoutError:
        after = _AFTER_A_CUT if line.cut() else timedelta()
    return future.result(after.total_seconds())


class _Line:
    """The driver's connection of a visit, as long as it is the visit's and not the pool's again."""

    def __init__(self) -> None:
        self.driver: Any = None
        self._rules: SessionRules | None = None
        self._lock = threading.Lock()

    def holds(self, connection: Connection) -> None:
        with self._lock:
            self._rules = pack_for(connection.dialect).session
            self.driver = connection.connection.driver_connection

    def let_go(self) -> None:
        with self._lock:
            self.driver = None

    def cut(self) -> bool:
        """From another thread; whether there was something to cut."""
        with self._lock:
            return self.driver is not None and self._rules is not None and self._rules.sever(self.driver)


def _visited(engine: Engine, table: sa.Table, word: Word[Answer], line: _Line) -> Answer:
    with _through_the_door(engine), engine.connect() as connection:
        line.holds(connection)
        try:
            return _said(connection, table, word)
        finally:
            line.let_go()


async def visit_async(engine: AsyncEngine, table: sa.Table, word: Word[Answer], *, patience: timedelta) -> Answer:
    """The same over an async engine, on the running loop; connecting counts into the patience too."""
    try:
        async with asyncio.timeout(patience.total_seconds()):
            with _through_the_door(engine.sync_engine):
                async with engine.connect() as connection:
                    return await connection.run_sync(_said, table, word)
    except TimeoutError:
        raise _no_answer(patience, connected=True) from None


def _no_answer(patience: timedelta, *, connected: bool) -> errors.DatabaseError:
    seconds = f"{patience.total_seconds():g} s"
    if connected:
        return errors.ConnectionLostError(
            f"the server didn't answer within {seconds}", error_class="TimeoutError", code=""
        )
    return errors.UnreachableError(
        f"the engine gave no connection within {seconds}: its pool is used up, or the server doesn't answer",
        error_class="TimeoutError",
        code="",
    )


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
