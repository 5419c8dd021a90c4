"""The runner lock, LOCK TABLES, and who has a table open, on MySQL and MariaDB."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from migrator.dialects.base import LockRules, RunnerLock
from migrator.dialects.mysql import lock_views
from migrator.errors import PrivilegeError
from migrator.model.database import DatabaseIdentity, LockHolder

_NAME_LIMIT = 64  # MySQL refuses longer names (4163); MariaDB takes more
_NO_SUCH_SESSION = 1094
_NOT_THE_OWNER = 1095
_NOT_FOR_A_MARK = re.compile(r"[^\w .:-]")


class MySQLRunnerLock(RunnerLock):
    """GET_LOCK with no wait.  The name holds the database, since the scope is the whole server, and is lower case,
    since MySQL folds case and MariaDB doesn't."""

    def __init__(self, connection: Connection, name: str) -> None:
        self._connection = connection
        self._name = name
        self._held = False

    def try_acquire(self) -> bool:
        if not self._held:
            self._held = self._ask("SELECT GET_LOCK(:lock_name, 0)") == 1
        return self._held

    def still_held(self) -> bool:
        # A session that was idle beyond wait_timeout has lost its lock without a word: ask, don't remember.
        return self._ask("SELECT IS_USED_LOCK(:lock_name) = CONNECTION_ID()") == 1

    def holder(self) -> LockHolder | None:
        session = self._ask("SELECT IS_USED_LOCK(:lock_name)")
        if session is None:
            return None
        user = self._connection.execute(
            sa.text("SELECT user FROM information_schema.processlist WHERE id = :id"), {"id": session}
        ).scalar()
        return LockHolder(session=str(session), user=user or "")

    def release(self) -> None:
        if self._held:
            self._held = False
            self._ask("SELECT RELEASE_LOCK(:lock_name)")

    def _ask(self, statement: str) -> int | None:
        answer = self._connection.execute(sa.text(statement), {"lock_name": self._name}).scalar()
        return None if answer is None else int(answer)


class MySQLLocks(LockRules):
    """Named locks belong to a session, so no pooler in transaction mode can be used; none is common on MySQL, and the
    lock is asked for again before each revision."""

    def runner_lock(self, connection: Connection, identity: DatabaseIdentity, *, owner: str) -> RunnerLock:
        name = f"migrator:{identity.name.lower()}"
        if len(name) > _NAME_LIMIT:
            name = f"migrator:{hashlib.sha256(name.encode()).hexdigest()[:48]}"
        return MySQLRunnerLock(connection, name)

    def refuse_pooler(self, connection: Connection, second: Callable[[], AbstractContextManager[Connection]]) -> None:
        """Nothing to ask: ProxySQL pins a session that uses GET_LOCK."""

    def table_holders(self, connection: Connection, table: str, schema: str | None) -> tuple[LockHolder, ...]:
        """Who holds the table's metadata lock; where the server doesn't show that, who has any transaction open."""
        holders = lock_views.holders_of_table(connection, table, schema)
        return lock_views.open_transactions(connection) if holders is None else holders

    def blockers(self, connection: Connection, session: str) -> tuple[LockHolder, ...]:
        """Who holds what the session waits for: a metadata lock, or a row lock of InnoDB."""
        return lock_views.blockers_of(connection, int(session))

    def progress(self, connection: Connection, session: str) -> str:
        return lock_views.progress_of(connection, int(session))

    def orphans(self, connection: Connection) -> tuple[LockHolder, ...]:
        """Known by their mark (:meth:`marked`), which both servers keep at the beginning of INFO."""
        return lock_views.marked_statements(connection, f"{_MARK} revision")

    def gone(self, connection: Connection, sessions: Collection[str]) -> Collection[str]:
        """Without PROCESS a user sees its own sessions only, which ours are; numbers aren't used twice."""
        here = connection.execute(sa.text("SELECT CAST(id AS CHAR) FROM information_schema.processlist")).scalars()
        return set(sessions).difference(here)

    def cancel(self, connection: Connection, session: str, *, end: bool = False) -> None:
        try:
            connection.exec_driver_sql(f"KILL {'CONNECTION' if end else 'QUERY'} {int(session)}")
        except DBAPIError as error:
            number = lock_views.number_of(error)
            if number == _NOT_THE_OWNER:
                raise PrivilegeError(
                    f"session {session} belongs to another user, so this one may not end its statement",
                    remedy=f"as a user with CONNECTION_ADMIN (MySQL) or CONNECTION ADMIN (MariaDB):  KILL {session};",
                    error_class=type(error.orig).__name__,
                    code=str(number),
                ) from None
            if number != _NO_SUCH_SESSION:
                raise

    def marked(self, statement: str, purpose: str) -> str:
        """A comment in front; the servers know a session's number, but no name that we could give it."""
        return f"{_MARK} {_NOT_FOR_A_MARK.sub('_', purpose)} */ {statement}"

    @contextmanager
    def exclusive(self, connection: Connection, tables: tuple[tuple[str | None, str], ...]) -> Iterator[None]:
        if not tables:
            yield
            return
        quote = connection.dialect.identifier_preparer.quote_identifier
        names = [".".join(quote(part) for part in table if part) for table in tables]
        connection.exec_driver_sql("LOCK TABLES " + ", ".join(f"{name} WRITE" for name in names))
        connection.commit()  # ends SQLAlchemy's transaction; the table locks stay until UNLOCK TABLES
        try:
            yield
        finally:
            if not connection.invalidated:
                connection.exec_driver_sql("UNLOCK TABLES")
                connection.commit()


_MARK = "/* migrator"
