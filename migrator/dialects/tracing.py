"""Measuring statements on a scratch database: what each dialect's ``tracing.py`` provides."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from threading import Event, Thread

from sqlalchemy import Connection, Engine, Executable
from sqlalchemy.exc import DBAPIError

from migrator.dialects import part_named
from migrator.model.trace import Measure

Send = Callable[[str], None]
"""Sends a text on the connection that is measured."""
Locks = Mapping[str, tuple[str, ...]]
_BETWEEN_LOOKS = timedelta(milliseconds=5)
_LONGEST_HOLD = timedelta(seconds=5)


@dataclass(frozen=True, kw_only=True)
class Existing:
    """The tables and indexes that were there before: the server's id → name, the tables that a client can hold as they
    are written in SQL, and index → its table."""

    names: Mapping[str, str] = field(default_factory=dict)
    tables: tuple[str, ...] = ()
    owners: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One statement to measure.

    Attributes:
        sql: as it is sent.
        forms: further forms, tried in order where the server calls the one before impossible.
        outside: it commits by itself, so that its locks are gone when it ends.
    """

    sql: str
    forms: tuple[str, ...] = ()
    outside: bool = False


class TraceRules(ABC):
    """One dialect's part of ``check --trace``; reads the catalogue and the lock views only, but for :meth:`create`,
    :meth:`drop` and the statements that it is asked to measure."""

    rights: str
    """The statement that lets a role do it; ``{prefix}`` is that of the scratch databases' names."""

    @abstractmethod
    def has_tables(self, connection: Connection) -> bool:
        """Whether the connected database holds a table of anybody's."""

    @abstractmethod
    def create(self, connection: Connection, name: str) -> None:
        """Create the scratch database; the connection commits each statement."""

    @abstractmethod
    def end_sessions(self, connection: Connection, name: str) -> None:
        """End the other sessions that are in it, whatever they do."""

    @abstractmethod
    def drop(self, connection: Connection, name: str) -> None:
        """Drop it, with the sessions that are still in it."""

    @abstractmethod
    def existing(self, connection: Connection) -> Existing:
        """What is there now."""

    def measure(self, connection: Connection, engine: Engine, asked: Asked, existing: Existing, send: Send) -> Measure:
        """Send the statement and say what it did; one that reaches beyond the scratch database isn't sent.

        Args:
            connection: the one that ``send`` uses; inside a transaction unless ``asked.outside``.
            engine: for further connections, which look while the statement runs.

        Raises:
            DBAPIError: the server refused the statement.
        """
        if why := self.unsent(connection, asked.sql):
            return Measure(unsent=why)
        session = self.session(connection)
        return replace(self.measured(connection, engine, asked, existing, send), session=session)

    @abstractmethod
    def measured(self, connection: Connection, engine: Engine, asked: Asked, existing: Existing, send: Send) -> Measure:
        """:meth:`measure` for a statement that stays in the scratch database."""

    @abstractmethod
    def unsent(self, connection: Connection, sql: str) -> str:
        """Why the statement must not be sent: it changes what others on the server use, or needs what isn't there.

        Empty for one that may be sent.
        """

    @abstractmethod
    def session(self, connection: Connection) -> Mapping[str, str]:
        """The session's settings that decide how the server carries out a change of the schema → their values."""


def trace_rules(name: str) -> TraceRules:
    """The rules of ``postgresql``, ``mysql`` or ``mariadb``.

    Raises:
        UsageError: for ``sqlite``, where there is nothing to measure.
        ConfigurationError: for any other name.
    """
    rules: TraceRules = part_named(name, "tracing").trace_rules(name)
    return rules


@dataclass(kw_only=True)
class Look:
    """What another connection sees while a statement runs; ``waits`` once the statement waits for somebody."""

    locks: Locks = field(default_factory=dict)
    waits: bool = False


@contextmanager
def looking_on(
    engine: Engine, hold: Sequence[Executable], see: Callable[[Connection], tuple[Locks, bool]]
) -> Iterator[Callable[[], Locks]]:
    """Hold tables as a client in a transaction would, until the statement inside waits for it, and see its locks then.

    A statement that commits by itself lets go of its locks before anybody could ask; so it is made to wait once.

    Args:
        engine: of the scratch database.
        hold: statements of the client's, which must not wait for long; empty for no client.  One that is refused ends
            them: the measured session holds the table itself.
        see: (locks, whether it waits) of the statement that is measured.

    Yields:
        The locks that were seen; call it when the statement has ended.
    """
    look, ended = Look(), Event()
    with engine.connect() as client:
        _hold(client, hold)
        watcher = Thread(target=_watch, args=(engine, client, see, look, ended), daemon=True)
        watcher.start()

        def seen() -> Locks:
            return look.locks

        try:
            yield seen
        finally:
            ended.set()
            watcher.join()


def _hold(client: Connection, statements: Sequence[Executable]) -> None:
    try:
        for statement in statements:
            client.execute(statement)
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        client.rollback()


def _watch(
    engine: Engine, client: Connection, see: Callable[[Connection], tuple[Locks, bool]], look: Look, ended: Event
) -> None:
    until = time.monotonic() + _LONGEST_HOLD.total_seconds()
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            while not ended.is_set() and not look.waits and time.monotonic() < until:
                locks, look.waits = see(connection)
                look.locks = locks or look.locks
                ended.wait(_BETWEEN_LOOKS.total_seconds())
    except DBAPIError:
        pass  # the locks stay unknown, and the statement must not wait for ever
    finally:
        with suppress(DBAPIError):
            client.rollback()
