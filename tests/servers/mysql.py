"""MySQL: unpacked from Debian unstable into the cache, run with its own loader, never installed."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import sqlalchemy as sa

from tests.servers.apt import unpack_from_unstable
from tests.servers.cache import cached_tree
from tests.servers.server import PLAIN, Server

SETTINGS = [
    "--bind-address=127.0.0.1",
    "--skip-name-resolve",
    "--mysqlx=OFF",
    "--max-connections=200",
    "--secure-file-priv=",
    "--server-id=2",
    "--sync-binlog=0",
    "--innodb-buffer-pool-size=256M",
    "--innodb-redo-log-capacity=512M",
    "--innodb-flush-log-at-trx-commit=2",
    "--innodb-flush-method=nosync",
    "--innodb-doublewrite=OFF",
]
# With names not resolved, root@localhost doesn't match a client on 127.0.0.1.
ROOT = (
    "CREATE USER root@'127.0.0.1' IDENTIFIED BY '';\n"
    "GRANT ALL ON *.* TO root@'127.0.0.1' WITH GRANT OPTION;\n"
    "GRANT PROXY ON ''@'' TO root@'127.0.0.1' WITH GRANT OPTION;\n"
)
NOT_NEEDED = (
    "usr/bin",
    "usr/share/doc",
    "usr/share/locale",
    "usr/share/man",
    "usr/share/perl",
    "usr/share/gdb",
)


class MySQL(Server):
    """MySQL 8.4 or 9 with its binary log on; root needs no password."""

    tree: Path

    def fetch(self) -> None:
        self.tree = cached_tree("mysql", _fetch)

    def initialise(self) -> None:
        script = self.folder / "root.sql"
        script.write_text(ROOT)
        script.chmod(0o644)
        self.run_tool(*self._program(), "--initialize-insecure", f"--init-file={script}")

    def command(self) -> list[str]:
        places = [
            f"--socket={self.folder / 'sock'}",
            f"--pid-file={self.folder / 'mysql.pid'}",
            f"--log-bin={self.data / 'binlog'}",
            f"--port={self.port}",
        ]
        return [*self._program(), *places, *SETTINGS]

    @property
    def url(self) -> sa.URL:
        return sa.URL.create(
            "mysql+pymysql", username="root", host="127.0.0.1", port=self.port, database="mysql", query=PLAIN
        )

    def _program(self) -> list[str]:
        home = self.tree / "usr"
        libraries = next(home.glob("lib/*-linux-gnu"))
        loader = next(libraries.glob("ld-linux*.so.*"))
        path = f"{libraries}:{home / 'lib'}:{home / 'lib/mysql/private'}"
        server = [str(loader), "--library-path", path, str(home / "sbin" / "mysqld"), "--no-defaults"]
        return [
            *server,
            f"--basedir={home}",
            f"--datadir={self.data}",
            f"--lc-messages-dir={home / 'share/mysql'}",
            f"--plugin-dir={home / 'lib/mysql/plugin'}",
        ]


def _fetch(downloads: Path, tree: Path) -> None:
    print("tests: unpacking MySQL of Debian unstable into the cache", file=sys.stderr, flush=True)
    unpack_from_unstable("mysql-server-core", downloads, tree)
    for name in NOT_NEEDED:
        shutil.rmtree(tree / name, ignore_errors=True)
    for folder in tree.glob("usr/lib/*-linux-gnu/perl*"):
        shutil.rmtree(folder)
