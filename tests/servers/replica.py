"""A replica of a MariaDB or a MySQL which we started: it follows the binary log from where that stands now."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tests.servers.account import Account
from tests.servers.mariadb import MariaDB
from tests.servers.mysql import MySQL

_OWN_ID = "--server-id=77"


class MariaDBReplica(MariaDB):
    """Follows a MariaDB; its SQL thread applies what its I/O thread fetched."""

    def __init__(self, name: str, run: Path, account: Account, *, primary: MariaDB) -> None:
        super().__init__(name, run, account)
        self.primary = primary

    def command(self) -> list[str]:
        return [*super().command(), _OWN_ID]

    def follow(self) -> None:
        """Begin to follow."""
        file, position = _first(self.primary.url, "SHOW MASTER STATUS")[:2]
        run(
            self.url,
            f"CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT={self.primary.port}, MASTER_USER='root',"
            f" MASTER_LOG_FILE='{file}', MASTER_LOG_POS={position}",
            "START SLAVE",
        )

    def stop_applying(self) -> None:
        run(self.url, "STOP SLAVE SQL_THREAD")

    def apply_again(self) -> None:
        run(self.url, "START SLAVE SQL_THREAD")


class MySQLReplica(MySQL):
    """Follows a MySQL."""

    def __init__(self, name: str, run: Path, account: Account, *, primary: MySQL) -> None:
        super().__init__(name, run, account)
        self.primary = primary

    def command(self) -> list[str]:
        return [*super().command(), _OWN_ID]

    def follow(self) -> None:
        """Begin to follow."""
        file, position = _first(self.primary.url, "SHOW BINARY LOG STATUS")[:2]
        run(
            self.url,
            f"CHANGE REPLICATION SOURCE TO SOURCE_HOST='127.0.0.1', SOURCE_PORT={self.primary.port},"
            f" SOURCE_USER='root', SOURCE_LOG_FILE='{file}', SOURCE_LOG_POS={position}, GET_SOURCE_PUBLIC_KEY=1",
            "START REPLICA",
        )

    def stop_applying(self) -> None:
        run(self.url, "STOP REPLICA SQL_THREAD")

    def apply_again(self) -> None:
        run(self.url, "START REPLICA SQL_THREAD")


def run(url: sa.URL, *statements: str) -> None:
    """Run statements one after the other, each by itself."""
    engine = sa.create_engine(url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def _first(url: sa.URL, statement: str) -> Any:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        return connection.exec_driver_sql(statement).one()
