"""PgBouncer in front of a PostgreSQL: the system's program, else Debian unstable's, which is never installed."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import sqlalchemy as sa

from tests.servers.account import Account
from tests.servers.apt import unpack_from_unstable
from tests.servers.cache import cached_tree
from tests.servers.server import Server

Mode = Literal["session", "transaction"]
# Debian's package brings a service that would start with the machine, so it is only unpacked.
SEARCH = "/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin"
NOT_NEEDED = ("etc", "var", "usr/bin", "usr/share")
# Whoever connects is the superuser of the PostgreSQL behind, in any of its databases.
SETTINGS = """\
[databases]
* = {upstream}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
{settings}
"""


class PgBouncer(Server):
    """A pooler; it keeps backends open, so what a client leaves in one is there for the next."""

    def __init__(
        self, name: str, run: Path, account: Account, *, upstream: sa.URL, settings: Mapping[str, str]
    ) -> None:
        super().__init__(name, run, account)
        self.upstream = upstream
        self.settings = settings
        self.program: list[str] = []

    def fetch(self) -> None:
        found = shutil.which("pgbouncer", path=SEARCH)
        self.program = [found] if found else _unpacked(cached_tree("pgbouncer", _fetch))

    def initialise(self) -> None:
        """Nothing: it has no data."""

    def command(self) -> list[str]:
        behind = {"host": self.upstream.host or "127.0.0.1", "port": self.upstream.port or 5432}
        behind |= {"user": self.upstream.username or "postgres"}
        behind |= {"password": self.upstream.password} if self.upstream.password else {}
        upstream = " ".join(f"{key}={_quoted(str(value))}" for key, value in behind.items())
        file = self.folder / "pgbouncer.ini"
        settings = "\n".join(f"{key} = {value}" for key, value in self.settings.items())
        file.write_text(SETTINGS.format(upstream=upstream, port=self.port, settings=settings))
        return [*self.program, str(file)]

    @property
    def url(self) -> sa.URL:
        return self.upstream.set(host="127.0.0.1", port=self.port, password=None)


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _unpacked(tree: Path) -> list[str]:
    """The program with the loader and the libraries that were unpacked with it."""
    home = tree / "usr"
    libraries = next(home.glob("lib/*-linux-gnu"))
    loader = next(libraries.glob("ld-linux*.so.*"))
    return [str(loader), "--library-path", str(libraries), str(home / "sbin" / "pgbouncer")]


def _fetch(downloads: Path, tree: Path) -> None:
    print("tests: unpacking PgBouncer of Debian unstable into the cache", file=sys.stderr, flush=True)
    unpack_from_unstable("pgbouncer", downloads, tree)
    for name in NOT_NEEDED:
        shutil.rmtree(tree / name, ignore_errors=True)
    for folder in tree.glob("usr/lib/*-linux-gnu/perl*"):
        shutil.rmtree(folder)
