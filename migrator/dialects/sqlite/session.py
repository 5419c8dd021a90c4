"""Sessions on SQLite: transactions that really hold DDL, begun by ourselves."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection

from migrator.dialects.base import SessionRules
from migrator.dialects.durations import whole_milliseconds
from migrator.errors import ConfigurationError, DatabaseError
from migrator.model.database import DatabaseIdentity, SessionSettings


class SQLiteSession(SessionRules):
    """Python's driver and Alembic both believe that SQLite has no transactional DDL.  It has: with the driver in
    autocommit mode and BEGIN IMMEDIATE sent by us, DDL, version row and ledger commit together or not at all."""

    transactional_ddl = True
    one_writer = True

    def isolation_level(self, connection: Connection) -> str:
        return "AUTOCOMMIT"

    def prepare(self, connection: Connection, *, application: str, lock_timeout: timedelta) -> None:
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {whole_milliseconds(lock_timeout)}")

    def capture(self, connection: Connection) -> SessionSettings:
        return SessionSettings()

    def reapply(self, connection: Connection, settings: SessionSettings) -> None:
        """There is nothing in a session that could be lost."""

    def begin(self, connection: Connection) -> None:
        # An engine of the user's may begin (DEFERRED) by itself from an event.  A deferred transaction that turns
        # into a writer fails at once when another wrote meanwhile (SQLITE_BUSY_SNAPSHOT), so it is begun anew.
        if _in_transaction(connection):
            connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    def identity(self, connection: Connection) -> DatabaseIdentity:
        path = connection.exec_driver_sql("SELECT file FROM pragma_database_list WHERE name = 'main'").scalar()
        if not path:
            raise ConfigurationError(
                "the database is SQLite in memory: it would end with this command",
                remedy="use a file: sqlite:///app.db",
            )
        version = connection.exec_driver_sql("SELECT sqlite_version()").scalar_one()
        return DatabaseIdentity(dialect="sqlite", version=str(version), name=str(path))

    def session_id(self, connection: Connection) -> str:
        return str(os.getpid())

    def utc_now(self) -> ColumnElement[datetime]:
        return sa.func.strftime("%Y-%m-%d %H:%M:%f000", "now", type_=sa.DateTime())

    @contextmanager
    def guest_transaction(self, connection: Connection, *, lock_timeout: timedelta) -> Iterator[None]:
        before = connection.exec_driver_sql("PRAGMA busy_timeout").scalar_one()
        connection.commit()
        try:
            connection.exec_driver_sql(f"PRAGMA busy_timeout = {whole_milliseconds(lock_timeout)}")
            connection.commit()
            with connection.begin():
                yield
            connection.exec_driver_sql(f"PRAGMA busy_timeout = {before}")
            connection.commit()
        except BaseException:
            connection.invalidate()
            raise

    def rebuild_guard(self, connection: Connection) -> AbstractContextManager[Callable[[], None]]:
        return _foreign_keys_off(connection)


@contextmanager
def _foreign_keys_off(connection: Connection) -> Iterator[Callable[[], None]]:
    # A batch rebuild drops the old table; with foreign_keys=ON that deletes the rows of ON DELETE CASCADE children.
    # The pragma does nothing inside a transaction, so it is set before BEGIN.  Rows that were broken before are not
    # ours to refuse.
    was_on = connection.exec_driver_sql("PRAGMA foreign_keys").scalar()
    before = _violations(connection)
    connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
    connection.commit()
    try:
        yield lambda: _prove(connection, before)
    finally:
        if was_on:
            connection.exec_driver_sql("PRAGMA foreign_keys = ON")
            connection.commit()


def _prove(connection: Connection, before: set[tuple[str, int | None, str, int]]) -> None:
    broken = _violations(connection) - before
    if broken:
        tables = ", ".join(sorted({table for table, *_ in broken}))
        raise DatabaseError(
            f"{len(broken)} rows would point nowhere after this revision (foreign_key_check; tables {tables})",
            remedy="mend the revision so that the referenced rows stay",
            error_class="IntegrityError",
            code="foreign_key_check",
        )


def _violations(connection: Connection) -> set[tuple[str, int | None, str, int]]:
    rows = connection.exec_driver_sql("PRAGMA foreign_key_check")
    return {(str(row[0]), row[1], str(row[2]), int(row[3])) for row in rows}


def _in_transaction(connection: Connection) -> bool:
    return bool(getattr(connection.connection.driver_connection, "in_transaction", False))
