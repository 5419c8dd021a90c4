"""Sessions on MySQL and MariaDB."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection

from migrator.dialects.base import SessionRules
from migrator.dialects.durations import whole_seconds
from migrator.dialects.sockets import shut
from migrator.model.database import DatabaseIdentity, SessionSettings


class MySQLSession(SessionRules):
    """DDL commits at once; ``lock_wait_timeout`` (metadata), ``innodb_lock_wait_timeout`` (rows) in whole seconds."""

    transactional_ddl = False
    dialect = "mysql"

    def isolation_level(self, connection: Connection) -> str:
        # READ COMMITTED takes no gap locks, which would block other sessions' inserts; with statement-based binary
        # logging the server refuses it (error 1665), so there we stay with the default.
        row = connection.execute(sa.text("SELECT @@global.log_bin, @@global.binlog_format")).one()
        return "REPEATABLE READ" if row[0] and str(row[1]).upper() == "STATEMENT" else "READ COMMITTED"

    def prepare(self, connection: Connection, *, application: str, lock_timeout: timedelta) -> None:
        seconds = whole_seconds(lock_timeout)
        connection.execute(
            sa.text(
                "SET SESSION lock_wait_timeout = :seconds, SESSION innodb_lock_wait_timeout = :seconds,"
                " SESSION wait_timeout = 28800"
            ),
            {"seconds": seconds},
        )

    def capture(self, connection: Connection) -> SessionSettings:
        name = connection.execute(sa.text("SELECT DATABASE()")).scalar_one()
        return SessionSettings(values={"database": str(name)} if name else {})

    def reapply(self, connection: Connection, settings: SessionSettings) -> None:
        name = settings.values.get("database")
        if name and connection.execute(sa.text("SELECT DATABASE()")).scalar_one() != name:
            quoted = connection.dialect.identifier_preparer.quote_identifier(name)
            connection.exec_driver_sql(f"USE {quoted}")

    def begin(self, connection: Connection) -> None:
        """SQLAlchemy's own BEGIN is right."""

    def identity(self, connection: Connection) -> DatabaseIdentity:
        row = connection.execute(sa.text("SELECT DATABASE(), VERSION()")).one()
        url = connection.engine.url
        return DatabaseIdentity(
            dialect=self.dialect,
            version=str(row[1]).split("-")[0],
            name=str(row[0] or ""),
            host=url.host or "",
            port=url.port,
        )

    def session_id(self, connection: Connection) -> str:
        return str(connection.execute(sa.text("SELECT CONNECTION_ID()")).scalar_one())

    def utc_now(self) -> ColumnElement[datetime]:
        return sa.func.utc_timestamp(6, type_=sa.DateTime())

    @contextmanager
    def guest_transaction(self, connection: Connection, *, lock_timeout: timedelta) -> Iterator[None]:
        set_both = sa.text("SET SESSION lock_wait_timeout = :table, SESSION innodb_lock_wait_timeout = :row")
        seconds = whole_seconds(lock_timeout)
        try:
            with connection.begin():
                before = connection.execute(
                    sa.text("SELECT @@session.lock_wait_timeout, @@session.innodb_lock_wait_timeout")
                ).one()
                connection.execute(set_both, {"table": seconds, "row": seconds})
                yield
                connection.execute(set_both, {"table": before[0], "row": before[1]})
        except BaseException:
            connection.invalidate()
            raise

    def sever(self, driver: Any) -> bool:
        held = getattr(driver, "_sock", None)  # PyMySQL
        return held is not None and shut(held.fileno())

    def rebuild_guard(self, connection: Connection) -> AbstractContextManager[Callable[[], None]]:
        return nullcontext(lambda: None)


class MariaDBSession(MySQLSession):
    """The same settings under the same names."""

    dialect = "mariadb"
