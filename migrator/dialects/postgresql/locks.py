"""The runner lock and the lock views of PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from migrator.dialects.base import LockRules, RunnerLock
from migrator.errors import PoolerError
from migrator.model.database import DatabaseIdentity, LockHolder

_HOLDER = sa.text(
    "SELECT l.pid, a.usename, a.application_name FROM pg_locks l LEFT JOIN pg_stat_activity a USING (pid)"
    " WHERE l.locktype = 'advisory' AND l.objsubid = 1 AND l.granted"
    " AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    " AND ((l.classid::bigint << 32) | l.objid::bigint) = hashtextextended(:lock_name, 0)"
)
_TABLE_HOLDERS = sa.text(
    "SELECT DISTINCT s.pid, a.usename, a.application_name, a.state,"
    " extract(epoch FROM clock_timestamp() - coalesce(a.xact_start, a.query_start))::float8 AS age"
    " FROM pg_locks s LEFT JOIN pg_stat_activity a USING (pid)"
    " WHERE s.locktype = 'relation' AND s.granted AND s.pid <> pg_backend_pid()"
    " AND s.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    " AND s.relation = to_regclass(:table_name) ORDER BY age DESC NULLS LAST"
)
_BLOCKERS = sa.text(
    "SELECT s.pid, a.usename, a.application_name, a.state,"
    " extract(epoch FROM clock_timestamp() - coalesce(a.xact_start, a.query_start))::float8 AS age"
    " FROM unnest(pg_blocking_pids(:session)) s(pid) LEFT JOIN pg_stat_activity a USING (pid)"
    " ORDER BY age DESC NULLS LAST"
)
# An index build that waits for old transactions waits for no lock of theirs that pg_blocking_pids would name on 14.
_PROGRESS = sa.text(
    "SELECT p.phase, p.blocks_done, p.blocks_total, p.tuples_done, p.tuples_total, p.lockers_total, p.lockers_done,"
    " p.current_locker_pid FROM pg_stat_progress_create_index p WHERE p.pid = :session"
)
_ORPHANS = sa.text(
    "SELECT s.pid, s.usename, s.application_name, s.state,"
    " extract(epoch FROM clock_timestamp() - s.query_start)::float8 AS age FROM pg_stat_activity s"
    " WHERE s.datname = current_database() AND s.pid <> pg_backend_pid()"
    " AND s.application_name LIKE 'migrator revision %' AND s.state IS DISTINCT FROM 'idle'"
    " AND starts_with(split_part(s.application_name, ' ', 4), current_schema() || '.')"
    " ORDER BY age DESC NULLS LAST"
)
_ROUNDS = 3


class PostgreSQLRunnerLock(RunnerLock):
    """A session-level advisory lock; polled, since a session that waits in ``pg_advisory_lock`` holds a snapshot and
    CREATE INDEX CONCURRENTLY of the holder would wait for it for ever."""

    def __init__(self, connection: Connection, name: str) -> None:
        self._connection = connection
        self._name = name
        self._held = False

    def try_acquire(self) -> bool:
        # Advisory locks are re-entrant: a second call by the holder would need a second unlock.
        if not self._held:
            self._held = self._ask("SELECT pg_try_advisory_lock(hashtextextended(:lock_name, 0))")
        return self._held

    def still_held(self) -> bool:
        holder = self.holder()
        pid = self._connection.execute(sa.text("SELECT pg_backend_pid()")).scalar_one()
        return holder is not None and holder.session == str(pid)

    def holder(self) -> LockHolder | None:
        row = self._connection.execute(_HOLDER, {"lock_name": self._name}).first()
        return None if row is None else _holder(row)

    def release(self) -> None:
        if self._held:
            self._held = False
            self._ask("SELECT pg_advisory_unlock(hashtextextended(:lock_name, 0))")

    def _ask(self, statement: str) -> bool:
        return bool(self._connection.execute(sa.text(statement), {"lock_name": self._name}).scalar_one())


def _holder(row: Any) -> LockHolder:
    """A session that this role may not look into shows its number and names only."""
    state, age = (row[3], row[4]) if len(row) > 3 else (None, None)
    return LockHolder(
        session=str(row[0]),
        user=row[1] or "",
        application=row[2] or "",
        state=state or "",
        age=None if age is None else timedelta(seconds=max(0.0, age)),
    )


_HERE = sa.text("SELECT CAST(pid AS text) FROM pg_stat_activity")  # every role sees the pids


class PostgreSQLLocks(LockRules):
    """Advisory locks are kept per database, so the key needs the schema only."""

    def runner_lock(self, connection: Connection, identity: DatabaseIdentity, *, owner: str) -> RunnerLock:
        return PostgreSQLRunnerLock(connection, f"migrator:{identity.name}:{identity.schema or ''}")

    def refuse_pooler(self, connection: Connection, second: Callable[[], AbstractContextManager[Connection]]) -> None:
        first = _idle_pid(connection)
        if _driver_pid(connection) in (None, first):
            return
        # Something stands between: the pid that the driver was told is not the backend's.  In session mode an idle
        # client keeps its backend.  In transaction mode the next client gets it, or another one of the idle ones,
        # and then the first may get any; a pool that takes them by turns needs a second round to show it.
        with second() as other:
            for _ in range(_ROUNDS):
                with other.begin():
                    # A pool may have one backend only: the first client isn't asked while the second has that.
                    if _server_pid(other) == first or _idle_pid(connection) != first:
                        raise _transaction_pooler(connection)

    def table_holders(self, connection: Connection, table: str, schema: str | None) -> tuple[LockHolder, ...]:
        quoted = connection.dialect.identifier_preparer.quote
        name = ".".join(quoted(part) for part in (schema, table) if part)
        return tuple(_holder(row) for row in connection.execute(_TABLE_HOLDERS, {"table_name": name}))

    def blockers(self, connection: Connection, session: str) -> tuple[LockHolder, ...]:
        return tuple(_holder(row) for row in connection.execute(_BLOCKERS, {"session": int(session)}))

    def progress(self, connection: Connection, session: str) -> str:
        """The phase of an index build with its share; the server shows it to the role that builds."""
        row = connection.execute(_PROGRESS, {"session": int(session)}).first()
        if row is None or row.phase is None:
            return ""
        if row.current_locker_pid:
            return f"{row.phase} ({row.lockers_done} of {row.lockers_total} done, now session {row.current_locker_pid})"
        for done, total in ((row.tuples_done, row.tuples_total), (row.blocks_done, row.blocks_total)):
            if total:
                return f"{row.phase}: {min(100, 100 * done // total)} %"
        return str(row.phase)

    def orphans(self, connection: Connection) -> tuple[LockHolder, ...]:
        return tuple(_holder(row) for row in connection.execute(_ORPHANS))

    def gone(self, connection: Connection, sessions: Collection[str]) -> Collection[str]:
        """A pid that another process has by now counts as there: then the lease has to run out."""
        return set(sessions).difference(connection.execute(_HERE).scalars())

    def cancel(self, connection: Connection, session: str, *, end: bool = False) -> None:
        function = sa.func.pg_terminate_backend if end else sa.func.pg_cancel_backend
        connection.execute(sa.select(function(int(session))))

    def exclusive(
        self, connection: Connection, tables: tuple[tuple[str | None, str], ...]
    ) -> AbstractContextManager[None]:
        return nullcontext()


def _transaction_pooler(connection: Connection) -> PoolerError:
    url = connection.engine.url
    place = f" ({url.host}:{url.port})" if url.host and url.port else ""
    return PoolerError(
        f"a connection pooler in transaction mode{place} stands between migrator and PostgreSQL:"
        " locks and settings of our sessions would land in other clients' sessions",
        remedy="connect migrator to PostgreSQL directly (--database-url), or through a pool in session mode",
    )


def _server_pid(connection: Connection) -> int:
    return int(connection.execute(sa.text("SELECT pg_backend_pid()")).scalar_one())


def _idle_pid(connection: Connection) -> int:
    """The backend's pid, with no transaction open afterwards."""
    pid = _server_pid(connection)
    connection.rollback()
    return pid


def _driver_pid(connection: Connection) -> int | None:
    """The backend pid of the start-up packet; None where the driver doesn't tell (asyncpg through its adapter)."""
    raw: Any = connection.connection.driver_connection
    info = getattr(raw, "info", None)
    pid = getattr(info, "backend_pid", None)
    if pid is None and hasattr(raw, "get_server_pid"):  # asyncpg
        pid = raw.get_server_pid()
    return None if pid is None else int(pid)
