"""Who runs a server: ourselves, or a system user without rights where we are root, as whom servers refuse."""

from __future__ import annotations

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.servers.missing import ServerMissingError

NAME = "migrator-tests"


@dataclass(frozen=True, kw_only=True)
class Account:
    """How to start a process as this account, and how to give it a folder."""

    uid: int
    gid: int

    @property
    def popen_options(self) -> dict[str, Any]:
        if self.uid == os.getuid():
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def make_folder(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True)
        if self.uid != os.getuid():
            os.chown(folder, self.uid, self.gid)


def server_account() -> Account:
    """Ourselves, or the system user ``migrator-tests``, which is made when it isn't there yet."""
    if os.getuid() != 0:
        return Account(uid=os.getuid(), gid=os.getgid())
    try:
        entry = pwd.getpwnam(NAME)
    except KeyError:
        made = subprocess.run(
            ["useradd", "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent", NAME],
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode and "exists" not in made.stderr:
            message = f"can't make the system user {NAME!r} to run servers as: {made.stderr.strip()}"
            raise ServerMissingError(message) from None
        entry = pwd.getpwnam(NAME)
    return Account(uid=entry.pw_uid, gid=entry.pw_gid)
