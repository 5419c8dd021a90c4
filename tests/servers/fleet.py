"""The servers of a test run: each is given by an environment variable or started at its first use."""

from __future__ import annotations

import atexit
import os
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path
from subprocess import Popen

import sqlalchemy as sa

from tests.servers import keeper
from tests.servers.account import Account, server_account
from tests.servers.mariadb import MariaDB
from tests.servers.missing import ServerMissingError
from tests.servers.mysql import MySQL
from tests.servers.pgbouncer import Mode, PgBouncer
from tests.servers.postgresql import PostgreSQL
from tests.servers.replica import MariaDBReplica, MySQLReplica
from tests.servers.server import Server
from tests.servers.standby import Standby

USUAL = ("sqlite", "postgresql", "mariadb", "mysql")
FULL = (*USUAL, "postgresql-14", "postgresql-18", "postgresql-psycopg")
# psycopg 3 is another way into the same server.
SAME_SERVER = {"postgresql-psycopg": "postgresql"}
OTHER_NAMES = {
    "postgresql": [f"MIGRATOR_TEST_PG{major}_URL" for major in (15, 16, 17, 18, 14)],
    "postgresql-14": ["MIGRATOR_TEST_PG14_URL"],
    "postgresql-18": ["MIGRATOR_TEST_PG18_URL"],
}
ROOT = Path(__file__).resolve().parent.parent.parent


def given_url(name: str) -> sa.URL | None:
    """The URL of a server of the developer's own, from ``MIGRATOR_TEST_<SERVER>_URL``."""
    variable = f"MIGRATOR_TEST_{name.upper().replace('-', '_')}_URL"
    for one in (variable, *OTHER_NAMES.get(name, ())):
        if text := os.environ.get(one):
            return sa.make_url(text)
    return None


class Fleet:
    """Starts servers on demand, remembers which can't be had; ``close()`` stops and deletes them."""

    def __init__(self) -> None:
        self.missing: dict[str, str] = {}
        self._servers: dict[str, Server] = {}
        self._keeper: Popen[bytes] | None = None
        self._run = Path()

    def url(self, name: str) -> sa.URL:
        """The superuser's URL of a server (not of SQLite, which has none).

        Raises:
            ServerMissingError: it can't be had; asked again, the same answer at once.
        """
        host = SAME_SERVER.get(name, name)
        if host in self.missing:
            raise ServerMissingError(self.missing[host])
        try:
            url = given_url(host) or self.server(host).url
        except ServerMissingError as error:
            self.missing[host] = str(error)
            raise
        return url.set(drivername="postgresql+psycopg") if name == "postgresql-psycopg" else url

    def server(self, name: str) -> Server:
        """A server that we started ourselves, for tests that kill it."""
        if name not in self._servers:
            self._open()
            server = _make(name, self._run, server_account())
            server.create()
            self._servers[name] = server
        return self._servers[name]

    def pooler(self, mode: Mode, upstream: sa.URL, **settings: str) -> PgBouncer:
        """A new pooler in front of a PostgreSQL, for one test, which stops it.

        Raises:
            ServerMissingError: it can't be had.
        """
        self._open()
        name = f"pgbouncer-{secrets.token_hex(4)}"
        pooler = PgBouncer(
            name, self._run, server_account(), upstream=upstream, settings={"pool_mode": mode} | settings
        )
        pooler.create()
        return pooler

    def standby(self, primary: PostgreSQL) -> Standby:
        """A new standby of a PostgreSQL that we started, for one test, which stops it.

        Raises:
            ServerMissingError: it can't be had.
        """
        self._open()
        standby = Standby(f"standby-{secrets.token_hex(4)}", self._run, server_account(), primary=primary)
        standby.create()
        return standby

    def replica(self, primary: Server) -> MariaDBReplica | MySQLReplica:
        """A new replica of a MariaDB or a MySQL that we started, for one test, which stops it.

        Raises:
            ServerMissingError: it can't be had.
        """
        self._open()
        name, account = f"replica-{secrets.token_hex(4)}", server_account()
        replica: MariaDBReplica | MySQLReplica
        if isinstance(primary, MariaDB):
            replica = MariaDBReplica(name, self._run, account, primary=primary)
        else:
            assert isinstance(primary, MySQL)
            replica = MySQLReplica(name, self._run, account, primary=primary)
        replica.create()
        replica.follow()
        return replica

    def close(self) -> None:
        """Let the keeper stop the servers and delete their data, and wait for it."""
        if self._keeper is not None and self._keeper.stdin is not None:
            self._keeper.stdin.close()
            self._keeper.wait()
            self._keeper = None
            self._servers.clear()

    def _open(self) -> None:
        if self._keeper is not None:
            return
        keeper.sweep()
        self._run = Path(tempfile.mkdtemp(prefix=keeper.PREFIX))
        self._run.chmod(0o755)
        keeper.note_process(self._run / "owner", os.getpid())
        self._keeper = Popen(
            [sys.executable, "-m", "tests.servers.keeper", str(self._run)],
            stdin=subprocess.PIPE,
            cwd=ROOT,
            start_new_session=True,
        )
        atexit.register(self.close)


def _make(name: str, run: Path, account: Account) -> Server:
    if name.startswith("postgresql"):
        major = name.partition("-")[2]
        return PostgreSQL(name, run, account, int(major) if major else None)
    kinds: dict[str, type[Server]] = {"mariadb": MariaDB, "mysql": MySQL}
    return kinds[name](name, run, account)
