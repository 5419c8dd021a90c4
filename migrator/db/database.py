"""A database of the user's: every connection of ours is opened, set up and ended here."""

from __future__ import annotations

import getpass
import os
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.pool import SingletonThreadPool, StaticPool

from migrator.db.clock import Clock, SystemClock
from migrator.db.observer import NoObserver, Observer
from migrator.db.translate import connecting, translated, wrapped
from migrator.dialects.base import Pack
from migrator.model.database import DatabaseIdentity, SessionSettings, Step

DEFAULT_LOCK_TIMEOUT = timedelta(seconds=2)
_KEEPS_ONE = (SingletonThreadPool, StaticPool)  # the one connection that there is
Result = TypeVar("Result")


@dataclass(kw_only=True)
class Database:
    """The engine that env.py uses, with what env.py set on its connection, and our own limits.

    Connections are closed for real at their end, so that no setting of ours reaches the next user of the pool.
    """

    engine: Engine
    pack: Pack
    identity: DatabaseIdentity
    settings: SessionSettings = field(default_factory=SessionSettings)
    execution_options: Mapping[str, Any] = field(default_factory=dict)
    lock_timeout: timedelta = DEFAULT_LOCK_TIMEOUT
    observer: Observer = field(default_factory=NoObserver)
    clock: Clock = field(default_factory=SystemClock)
    owner: str = field(default_factory=lambda: f"{_user()}@{socket.gethostname()}:{os.getpid()}")
    _no_pooler: bool = field(default=False, init=False, repr=False)

    @contextmanager
    def autocommit(self, purpose: str) -> Iterator[Connection]:
        """A connection on which every statement commits by itself.

        Raises:
            UnreachableError: the server does not let us in.
            PoolerError: a pooler in transaction mode is in the way.
            DatabaseError: a statement inside failed.
        """
        with self._translated(), self._connect(purpose, "AUTOCOMMIT") as connection:
            yield connection

    @contextmanager
    def session(self, purpose: str, *, lock_timeout: timedelta | None = None) -> Iterator[Connection]:
        """A connection for transactions; begin each with :meth:`begin`.

        Args:
            lock_timeout: another one than this database's.

        Raises: as :meth:`autocommit`.
        """
        with self._translated(), self._connect(purpose, None, lock_timeout) as connection:
            yield connection

    @contextmanager
    def looking(self, connection: Connection) -> Iterator[None]:
        """A transaction on a connection of :meth:`session` that only reads: on SQLite it waits for no writer.

        Raises: as :meth:`begin`.
        """
        with self._translated(), connection.begin():
            yield

    @contextmanager
    def begin(self, connection: Connection) -> Iterator[None]:
        """A transaction on a connection of :meth:`session`: commits at the end, rolls back on any exception.

        On SQLite it holds the file's write lock from its start (BEGIN IMMEDIATE).

        Raises:
            DatabaseError: BEGIN, a statement inside, or COMMIT failed.
        """
        with self._translated(), connection.begin():
            self.pack.session.begin(connection)
            yield

    @contextmanager
    def transaction(self, purpose: str) -> Iterator[Connection]:
        """One transaction on a connection of its own."""
        with self.session(purpose) as connection, self.begin(connection):
            yield connection

    @contextmanager
    def step(self, kind: str, name: str, statement: str = "") -> Iterator[None]:
        """Tell the observer before and, if nothing was raised, after."""
        step = Step(kind=kind, name=name, statement=statement)
        self.observer.before(step)
        yield
        self.observer.after(step)

    def run(self, work: Callable[[], Result]) -> Result:
        """Run ``work``, which may open connections of this database.

        With an async engine it runs inside an event loop of its own, where the sync API of SQLAlchemy may be used.
        """
        if not self.engine.dialect.is_async:
            return work()
        with connecting(self.pack.errors, self.identity.label):
            return run_async(self.engine, work)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        with translated(self.pack.errors), wrapped(self.engine.dialect):
            yield

    @contextmanager
    def _connect(
        self, purpose: str, isolation_level: str | None, lock_timeout: timedelta | None = None
    ) -> Iterator[Connection]:
        connection = self._open()
        try:
            if self.execution_options:
                connection = connection.execution_options(**self.execution_options)
            with connection.begin():
                level = isolation_level or self.pack.session.isolation_level(connection)
            connection = connection.execution_options(isolation_level="AUTOCOMMIT")
            self._refuse_pooler(connection)
            rules = self.pack.session
            timeout = self.lock_timeout if lock_timeout is None else lock_timeout
            rules.prepare(connection, application=f"migrator {purpose}", lock_timeout=timeout)
            rules.reapply(connection, self.settings)
            connection.commit()
            if level != "AUTOCOMMIT":
                connection = connection.execution_options(isolation_level=level)
            yield connection
        finally:
            if not isinstance(self.engine.pool, _KEEPS_ONE) and not connection.invalidated:
                # Our session settings must not come back to a user's pool; and a reset would fail on a connection that
                # is lost, and hide the error that says so.
                connection.invalidate()
            connection.close()

    def _refuse_pooler(self, connection: Connection) -> None:
        """Once, and before the first setting: a pooler would hand our session on to its next client."""
        if not self._no_pooler:
            self.pack.locks.refuse_pooler(connection, self._bare)
            self._no_pooler = True

    @contextmanager
    def _bare(self) -> Iterator[Connection]:
        """A connection for transactions on which nothing was set."""
        with self._open() as connection:
            yield connection.execution_options(isolation_level=self.pack.session.isolation_level(connection))

    def _open(self) -> Connection:
        with connecting(self.pack.errors, self.identity.label):
            return self.engine.connect()


def run_async(engine: Engine, work: Callable[[], Result]) -> Result:
    """Run ``work`` in an event loop in which connections of an async ``engine`` can be used synchronously."""
    import asyncio

    from sqlalchemy.ext.asyncio import AsyncEngine

    async def main() -> Result:
        async with AsyncEngine(engine).connect() as connection:
            result = await connection.run_sync(lambda _: work())
            await connection.invalidate()  # it lives in this loop: the pool must not give it to another thread's
            return result

    return asyncio.run(main())


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user id without a passwd entry
        return str(os.getuid())
