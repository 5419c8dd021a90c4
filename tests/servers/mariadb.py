"""MariaDB: the system's programs, else Debian's packages of the programs alone, which bring no service."""

from __future__ import annotations

import shutil

import sqlalchemy as sa

from tests.servers import apt
from tests.servers.server import PLAIN, Server

SEARCH = "/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin"
SETTINGS = [
    "--bind-address=127.0.0.1",
    "--skip-name-resolve",
    "--character-set-server=utf8mb4",
    "--max-connections=200",
    "--server-id=1",
    "--binlog-format=ROW",
    "--sync-binlog=0",
    "--innodb-buffer-pool-size=256M",
    "--innodb-log-file-size=256M",
    "--innodb-flush-log-at-trx-commit=2",
    "--innodb-flush-method=nosync",
    "--innodb-doublewrite=0",
]


class MariaDB(Server):
    """MariaDB with its binary log on; root needs no password."""

    programs: dict[str, str]

    def fetch(self) -> None:
        if not _found():
            apt.install(["mariadb-server-core", "mariadb-client-core"])
        self.programs = _found()

    def initialise(self) -> None:
        self.run_tool(
            self.programs["mariadb-install-db"],
            "--no-defaults",
            f"--datadir={self.data}",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
            "--skip-name-resolve",
        )

    def command(self) -> list[str]:
        places = [
            f"--datadir={self.data}",
            f"--socket={self.folder / 'sock'}",
            f"--pid-file={self.folder / 'mariadb.pid'}",
            f"--log-bin={self.data / 'binlog'}",
            f"--port={self.port}",
        ]
        return [self.programs["mariadbd"], "--no-defaults", *places, *SETTINGS]

    @property
    def url(self) -> sa.URL:
        return sa.URL.create(
            "mysql+pymysql", username="root", host="127.0.0.1", port=self.port, database="mysql", query=PLAIN
        )


def _found() -> dict[str, str]:
    """Both programs, or nothing."""
    found = {name: shutil.which(name, path=SEARCH) for name in ("mariadbd", "mariadb-install-db")}
    return {name: path for name, path in found.items() if path} if all(found.values()) else {}
