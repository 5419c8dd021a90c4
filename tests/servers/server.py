"""One server process of a test run: made, started, killed, started again."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from contextlib import suppress
from pathlib import Path
from signal import SIGKILL, Signals
from typing import ClassVar

import sqlalchemy as sa

from tests.servers.account import Account
from tests.servers.keeper import note_process, stop_process
from tests.servers.missing import ServerMissingError

START_PATIENCE = 60.0
# PyMySQL reads the system's certificates at each connection otherwise: 38 ms, more than all that follows.
PLAIN = {"ssl_disabled": "true"}


class Server(ABC):
    """A server below the folder of a test run, on a free loopback port, with fast settings: no fsync.

    What was committed survives a killed server (only a crash of the machine would lose it).
    """

    stop_signal: ClassVar[Signals] = SIGKILL

    def __init__(self, name: str, run: Path, account: Account) -> None:
        self.name = name
        self.account = account
        self.folder = run / name
        self.data = self.folder / "data"
        self.log = self.folder / "log"
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def fetch(self) -> None:
        """Find the programs, or fetch them.  Raises ServerMissingError."""

    @abstractmethod
    def initialise(self) -> None:
        """Make the data folder."""

    @abstractmethod
    def command(self) -> list[str]:
        """What starts the server in the foreground on ``port``."""

    @property
    @abstractmethod
    def url(self) -> sa.URL:
        """The superuser's URL, with a database that is always there."""

    def create(self) -> None:
        """Fetch, initialise and start."""
        self.fetch()
        self.account.make_folder(self.folder)
        self.account.make_folder(self.folder / "tmp")
        self.initialise()
        self.start()

    def start(self) -> None:
        """Start on the port of last time, or on a free one; returns when the server answers."""
        for _ in range(1 if self.port else 3):
            if not self.port:
                self.port = free_port()
            if self._start_once():
                return
            self.port = 0
        raise ServerMissingError(f"{self.name} doesn't start: {self.last_words()}")

    def kill(self) -> None:
        """``kill -9`` of the whole server, with the processes of PostgreSQL's sessions, whose groups are their own."""
        if self._process is None:
            return
        sessions = _children(self._process.pid)
        os.killpg(self._process.pid, SIGKILL)
        for pid in sessions:
            with suppress(ProcessLookupError):
                os.kill(pid, SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        stop_process(self.folder / "pid")

    def last_words(self) -> str:
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-10:]) or "it said nothing"

    def run_tool(self, *command: str | Path) -> None:
        """Run a program of the server's as its account; its output goes to the log."""
        with self.log.open("ab") as log:
            done = subprocess.run(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env=self._environment(),
                check=False,
                **self.account.popen_options,
            )
        if done.returncode:
            raise ServerMissingError(f"{command[0]} failed: {self.last_words()}")

    def _environment(self) -> dict[str, str]:
        # Nothing of the developer's: no PGHOST, no MYSQL_HOME, no locale.
        return {
            "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
            "HOME": str(self.folder),
            # A MariaDB that starts deletes the temporary tables that lie in its folder, another server's too.
            "TMPDIR": str(self.folder / "tmp"),
            "LC_ALL": "C",
        }

    def _start_once(self) -> bool:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.command(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env=self._environment(),
                start_new_session=True,
                **self.account.popen_options,
            )
        note_process(self.folder / "pid", self._process.pid, self.stop_signal)
        deadline = time.monotonic() + START_PATIENCE
        while self._process.poll() is None and time.monotonic() < deadline:
            if self._answers():
                return True
            time.sleep(0.05)
        self.stop()
        return False

    def _answers(self) -> bool:
        engine = sa.create_engine(self.url, poolclass=sa.NullPool)
        try:
            with engine.connect() as connection:
                connection.execute(sa.select(1))
        except sa.exc.DBAPIError:
            return False
        return True


def _children(pid: int) -> list[int]:
    """Its children; none where it is gone."""
    try:
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def free_port() -> int:
    """A loopback port that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
