"""Sessions on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection

from migrator.dialects.base import LazyCommit, SessionRules
from migrator.dialects.durations import whole_milliseconds
from migrator.dialects.sockets import shut
from migrator.model.database import DatabaseIdentity, SessionSettings

_SET = sa.text("SELECT set_config(:name, :value, false)")


class PostgreSQLSession(SessionRules):
    """Transactional DDL; ``lock_timeout`` in milliseconds, 0 means no limit and is never sent."""

    transactional_ddl = True

    # Source: manual 18, 28.4 (asynchronous commit): what isn't waited for is on disk after at most three times
    # wal_writer_delay, 600 ms as the server comes.  A COMMIT waits for the disk only where its transaction wrote.
    lazy_commit = LazyCommit(
        asked=sa.literal_column("set_config('synchronous_commit', 'off', true)"),
        ended=sa.text("SELECT pg_logical_emit_message(true, 'migrator', '')"),
    )

    def isolation_level(self, connection: Connection) -> str:
        return "READ COMMITTED"

    def prepare(self, connection: Connection, *, application: str, lock_timeout: timedelta) -> None:
        # client_connection_check_interval makes the server end what a killed client left running: without it a
        # killed ALTER stays in the lock queue, blocks the readers behind it, and then alters.
        settings = {
            "application_name": application[:63],
            "lock_timeout": f"{whole_milliseconds(lock_timeout)}ms",
            "client_connection_check_interval": "500ms",
        }
        for name, value in settings.items():
            connection.execute(_SET, {"name": name, "value": value})

    def keep_to_one_process(self, connection: Connection) -> None:
        connection.execute(_SET, {"name": "max_parallel_workers_per_gather", "value": "0"})

    def capture(self, connection: Connection) -> SessionSettings:
        row = connection.execute(sa.text("SELECT current_setting('search_path'), current_user, session_user")).one()
        values = {"search_path": str(row[0])}
        if row[1] != row[2]:
            values["role"] = str(row[1])
        return SessionSettings(values=values)

    def reapply(self, connection: Connection, settings: SessionSettings) -> None:
        for name, value in settings.values.items():
            connection.execute(_SET, {"name": name, "value": value})

    def begin(self, connection: Connection) -> None:
        """SQLAlchemy's own BEGIN is right."""

    def identity(self, connection: Connection) -> DatabaseIdentity:
        row = connection.execute(
            sa.text(
                "SELECT current_database(), current_schema(), current_setting('server_version'),"
                " inet_server_addr() IS NULL"
            )
        ).one()
        url = connection.engine.url
        return DatabaseIdentity(
            dialect="postgresql",
            version=str(row[2]).split()[0],
            name=str(row[0]),
            schema=row[1],
            host=url.host or ("" if row[3] else "server"),
            port=url.port,
        )

    def session_id(self, connection: Connection) -> str:
        return str(connection.execute(sa.text("SELECT pg_backend_pid()")).scalar_one())

    def utc_now(self) -> ColumnElement[datetime]:
        return sa.func.clock_timestamp(type_=sa.DateTime(timezone=True))

    @contextmanager
    def guest_transaction(self, connection: Connection, *, lock_timeout: timedelta) -> Iterator[None]:
        # READ COMMITTED whatever the application's default is: SERIALIZABLE would find conflicts where there are
        # none.  The timeout is the transaction's own, so that a pooler in transaction mode may stand between.
        connection = connection.execution_options(isolation_level="READ COMMITTED")
        with connection.begin():
            timeout = f"{whole_milliseconds(lock_timeout)}ms"
            connection.execute(sa.text("SELECT set_config('lock_timeout', :value, true)"), {"value": timeout})
            yield

    def sever(self, driver: Any) -> bool:
        fileno = getattr(driver, "fileno", None)  # psycopg2 and psycopg 3; asyncpg's is its loop's
        return fileno is not None and shut(fileno())

    def rebuild_guard(self, connection: Connection) -> AbstractContextManager[Callable[[], None]]:
        return nullcontext(lambda: None)

    @contextmanager
    def outside_transaction(self, connection: Connection) -> Iterator[None]:
        driver: Any = connection.connection.dbapi_connection
        driver.autocommit = True
        try:
            yield
        finally:
            if not connection.invalidated:
                driver.autocommit = False

    def is_outside(self, connection: Connection) -> bool:
        driver: Any = connection.connection.dbapi_connection
        return bool(driver.autocommit)

    def wait_for_ever(self, connection: Connection, *, inside: bool) -> Callable[[], None]:
        before = connection.execute(sa.text("SELECT current_setting('lock_timeout')")).scalar_one()
        connection.execute(sa.text("SELECT set_config('lock_timeout', '0', :inside)"), {"inside": inside})

        def restore() -> None:
            connection.execute(_SET, {"name": "lock_timeout", "value": before})

        return restore
