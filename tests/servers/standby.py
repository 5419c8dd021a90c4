"""A standby that follows a PostgreSQL which we started: made by pg_basebackup of the same version."""

from __future__ import annotations

from pathlib import Path

from tests.servers.account import Account
from tests.servers.postgresql import PostgreSQL


class Standby(PostgreSQL):
    """Read-only; it calls itself ``standby`` on its primary."""

    def __init__(self, name: str, run: Path, account: Account, *, primary: PostgreSQL) -> None:
        super().__init__(name, run, account)
        self.primary = primary

    def fetch(self) -> None:
        self.programs = self.primary.programs

    def initialise(self) -> None:
        place = f"host=127.0.0.1 port={self.primary.port} user=postgres application_name=standby"
        options = [
            f"--pgdata={self.data}",
            "--checkpoint=fast",
            "--wal-method=stream",
            "--no-sync",
            "--write-recovery-conf",
        ]
        self.run_tool(self.programs / "pg_basebackup", f"--dbname={place}", *options)
