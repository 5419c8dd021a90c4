"""What a dialect must know.  One class a topic; each dialect's folder has a file of the same name for each.

Only the dialects know which database they talk to; everybody else holds a :class:`Pack` and asks it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, Executable
from sqlalchemy.exc import DBAPIError

from migrator.errors import DatabaseError
from migrator.model.database import ClientName, DatabaseIdentity, LockHolder, SessionSettings

if TYPE_CHECKING:
    from migrator.dialects.explaining import ExplainRules
    from migrator.dialects.fence import FenceRules
    from migrator.dialects.keys import KeyRules
    from migrator.dialects.throttle import ThrottleRules
    from migrator.dialects.writing import WriteRules


@dataclass(frozen=True, kw_only=True)
class LazyCommit:
    """A COMMIT that doesn't wait for the disk: a crash of the server may take its transaction back, as a whole and
    together with all that were committed after it.

    Args:
        asked: evaluated by any statement of a transaction, it makes its COMMIT a lazy one.
        ended: in a transaction of its own, whose COMMIT returns once all that was committed before is on disk.
    """

    asked: ColumnElement[Any]
    ended: Executable


class SessionRules(ABC):
    """How a connection of ours is set up and how its transactions begin."""

    transactional_ddl: bool
    """Whether a transaction holds DDL and rows together, as *we* begin it (true for SQLite)."""

    one_writer: bool = False
    """Whether an open transaction of one connection keeps all others from writing anywhere (SQLite)."""

    lazy_commit: LazyCommit | None = None
    """None where a session can't ask for that."""

    @abstractmethod
    def isolation_level(self, connection: Connection) -> str:
        """The SQLAlchemy isolation level of a connection used for transactions."""

    @abstractmethod
    def prepare(self, connection: Connection, *, application: str, lock_timeout: timedelta) -> None:
        """Set lock timeout and, where the server has one, application name; the connection is ours, not in use."""

    @abstractmethod
    def capture(self, connection: Connection) -> SessionSettings:
        """What env.py set on its own connection."""

    @abstractmethod
    def reapply(self, connection: Connection, settings: SessionSettings) -> None:
        """Set on ours what was captured from env.py's."""

    @abstractmethod
    def begin(self, connection: Connection) -> None:
        """Begin a transaction that may write (BEGIN IMMEDIATE on SQLite), or nothing where SQLAlchemy does it."""

    @abstractmethod
    def identity(self, connection: Connection) -> DatabaseIdentity:
        """Server, version, database and schema of this connection."""

    @abstractmethod
    def session_id(self, connection: Connection) -> str:
        """The server's name for this session (pid, connection id); the process id where there is no server."""

    @abstractmethod
    def utc_now(self) -> ColumnElement[datetime]:
        """The server's clock in UTC, as an expression for INSERT and UPDATE."""

    @abstractmethod
    def guest_transaction(self, connection: Connection, *, lock_timeout: timedelta) -> AbstractContextManager[None]:
        """One short transaction on a connection that belongs to the application, and goes back to its pool.

        Args:
            connection: fresh from the pool, without a transaction.
            lock_timeout: no statement inside waits longer for a lock; whole seconds, rounded up, on some servers.

        Nothing that is set for it outlasts it: where it can't be taken back, the connection is given up instead."""

    def sever(self, driver: Any) -> bool:
        """Cut a driver's connection from another thread, so that who waits for the server's answer gets an error.

        Whether that could be done: not where there is no server, nor with a driver that hides its socket."""
        return False

    @abstractmethod
    def rebuild_guard(self, connection: Connection) -> AbstractContextManager[Callable[[], None]]:
        """Around a schema transaction: what must be off outside it (SQLite's foreign keys).

        Gives a function that proves, just before COMMIT, that nothing was broken meanwhile."""

    def outside_transaction(self, connection: Connection) -> AbstractContextManager[None]:
        """Each statement inside commits by itself; the transaction before must be committed.

        Below SQLAlchemy, whose own transaction stays as it is.  Nothing where DDL commits at once anyway."""
        return nullcontext()

    def is_outside(self, connection: Connection) -> bool:
        """Whether the driver commits each statement of this connection now."""
        return False

    def keep_to_one_process(self, connection: Connection) -> None:
        """Let this session's queries run in one process of the server, where they would share out a large table."""
        return

    def wait_for_ever(self, connection: Connection, *, inside: bool) -> Callable[[], None]:
        """Take the lock timeout off, where the server has statements that must not give up.

        Args:
            inside: for the rest of the open transaction; else until what is returned is called.
        """
        return lambda: None


class ErrorRules(ABC):
    """From a driver's exception to one of ours, without the driver's own text."""

    @abstractmethod
    def translate(self, error: DBAPIError) -> DatabaseError:
        """The error class of ours, with ``error_class``, ``code`` and what else the driver tells of names."""

    @abstractmethod
    def translate_connect(self, error: DBAPIError, *, place: str) -> DatabaseError:
        """The same for an error raised while connecting; ``place`` is the database without its password."""

    def form_refused(self, original: BaseException) -> bool:
        """Whether the driver's error says that the server can't do it in this form, and that nothing happened."""
        return False

    @abstractmethod
    def statement_refused(self, original: BaseException) -> bool:
        """Whether the driver's error is one of the statement's text, whatever the rows hold."""

    @abstractmethod
    def table_missing(self, original: BaseException) -> bool:
        """Whether the driver's error says that there is no table of that name."""


class RunnerLock(ABC):
    """The lock that lets one schema runner in at a time.  Never waits by itself: the caller polls."""

    @abstractmethod
    def try_acquire(self) -> bool: ...

    @abstractmethod
    def still_held(self) -> bool: ...

    @abstractmethod
    def holder(self) -> LockHolder | None:
        """Who has it now, as far as can be seen; None when nobody has it."""

    @abstractmethod
    def release(self) -> None: ...


class LockRules(ABC):
    """Who may run, and who blocks."""

    @abstractmethod
    def runner_lock(self, connection: Connection, identity: DatabaseIdentity, *, owner: str) -> RunnerLock:
        """The lock of this database and schema on this (autocommit) connection; not taken yet."""

    @abstractmethod
    def refuse_pooler(self, connection: Connection, second: Callable[[], AbstractContextManager[Connection]]) -> None:
        """Raise PoolerError where a pooler in transaction mode stands between.

        Changes nothing of the session.  ``connection`` commits each statement; ``second`` opens one more, for
        transactions."""

    @abstractmethod
    def table_holders(self, connection: Connection, table: str, schema: str | None) -> tuple[LockHolder, ...]:
        """Who has the table open or locked now, the oldest transaction first, without our own session.

        Empty where the server doesn't show it to this role.  Takes no lock and never queues for one."""

    @abstractmethod
    def blockers(self, connection: Connection, session: str) -> tuple[LockHolder, ...]:
        """Whom the session waits for at this moment; empty when for nobody, or where the server doesn't show it."""

    @abstractmethod
    def progress(self, connection: Connection, session: str) -> str:
        """How far the session's statement is, for a person; empty where the server doesn't say."""

    @abstractmethod
    def orphans(self, connection: Connection) -> tuple[LockHolder, ...]:
        """Sessions of earlier schema runs of ours in this database that still run a statement; ``age`` is how long.

        The caller holds the runner lock, so that none of them is a run that still has its client."""

    @abstractmethod
    def cancel(self, connection: Connection, session: str, *, end: bool = False) -> None:
        """End the session's statement, with ``end`` the session too; nothing where it is gone by now.

        Raises:
            PrivilegeError: it belongs to another role.
        """

    def gone(self, connection: Connection, sessions: Collection[str]) -> Collection[str]:
        """Those of some sessions (of this server, by :meth:`SessionRules.session_id`) that have surely ended.

        None where the server doesn't show them.  Takes no lock."""
        return ()

    def marked(self, statement: str, purpose: str) -> str:
        """The statement as it is sent, so that :meth:`orphans` knows it again; most servers know the session's name."""
        return statement

    @abstractmethod
    def exclusive(
        self, connection: Connection, tables: tuple[tuple[str | None, str], ...]
    ) -> AbstractContextManager[None]:
        """Hold the (schema, table)s against all other writers over several statements that each commit.

        Nothing where a transaction does that already (PostgreSQL, SQLite); LOCK TABLES ... WRITE on MySQL and MariaDB.
        """


class CatalogueRules(ABC):
    """Did an unfinished statement take effect?  The catalogue is asked."""

    @abstractmethod
    def effect_visible(self, connection: Connection, statement: str) -> bool | None:
        """True or False where the statement's effect can be recognised in the catalogue, None where it can't.

        Changes nothing."""

    def rest_of(self, connection: Connection, statement: str) -> str | None:
        """What completes the statement where an earlier try stopped half-way and the server won't hear it again;
        None: it is sent as it is.  Changes nothing."""
        return None

    @abstractmethod
    def is_left_over(self, connection: Connection, index: str) -> bool:
        """Whether an index (named as in SQL) is there but INVALID, and nobody is building it now."""

    @abstractmethod
    def drop_left_over(self, connection: Connection, index: str) -> None:
        """Drop it so that traffic goes on; ``connection`` commits each statement."""


class ClientRules(ABC):
    """What the sessions of others call themselves."""

    @abstractmethod
    def names(self, connection: Connection) -> tuple[ClientName, ...] | None:
        """The names of all client sessions in this database, in no order; a session may have several.

        None where this server or role doesn't show them; empty where there is nobody, or no such thing as a session.
        Takes no lock.
        """


@dataclass(frozen=True, kw_only=True)
class Pack:
    """All that is known of one dialect."""

    name: str
    session: SessionRules
    errors: ErrorRules
    locks: LockRules
    catalogue: CatalogueRules
    keys: KeyRules
    explain: ExplainRules
    fence: FenceRules
    throttle: ThrottleRules
    clients: ClientRules
    writing: WriteRules
