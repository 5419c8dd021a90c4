"""Debian's packages: installed into the system (with nothing started), or only unpacked into a folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.servers.cache import locked
from tests.servers.missing import ServerMissingError

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
POLICY = Path("/usr/sbin/policy-rc.d")
POLICY_KEPT = POLICY.with_suffix(".kept-by-migrator-tests")
REFUSE = "#!/bin/sh\n# No service starts while the tests of migrator install a server.\nexit 101\n"


def root_prefix() -> list[str] | None:
    """What to put before a command so that it runs as root; None where there is no way without a question."""
    if os.getuid() == 0:
        return []
    if shutil.which("sudo") and not subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode:
        return ["sudo", "-n"]
    return None


def install(packages: Sequence[str], *, configure: dict[Path, str] | None = None) -> None:
    """Install packages of the system's own Debian release; their services are not started.

    Args:
        packages: package names.
        configure: files that exist with this text during the installation only.
    """
    wanted = " ".join(packages)
    prefix = root_prefix()
    if prefix is None or not shutil.which("apt-get"):
        raise ServerMissingError(f"needs Debian's {wanted}, and installing it needs root: apt-get install {wanted}")
    print(f"tests: installing Debian's {wanted}", file=sys.stderr, flush=True)
    apt = [
        *prefix,
        "env",
        "DEBIAN_FRONTEND=noninteractive",
        "apt-get",
        "-q",
        "-y",
        "-oDPkg::Lock::Timeout=300",
    ]
    with locked("apt"), _nothing_starts(prefix), _temporary_files(prefix, configure or {}):
        _run([*apt, "update"])
        _run([*apt, "install", "--no-install-recommends", *packages])


def unpack_from_unstable(package: str, downloads: Path, tree: Path) -> None:
    """Download a package of Debian unstable and all it depends on, and unpack them into a folder."""
    if not (shutil.which("apt-get") and KEYRING.is_file()):
        raise ServerMissingError(
            f"{package} comes from Debian unstable, and this is no Debian with apt and its keyring"
        )
    state = downloads.parent / "apt"
    for folder in ("lists/partial", "archives/partial"):
        (state / folder).mkdir(parents=True, exist_ok=True)
    (state / "status").touch()
    (state / "sources.list").write_text(f"deb [signed-by={KEYRING}] {_mirror()} sid main\n")
    places = {
        "Etc::sourcelist": state / "sources.list",
        "Etc::sourceparts": "/dev/null",
        "Etc::preferences": "/dev/null",
        "Etc::preferencesparts": "/dev/null",
        "State": state,
        "State::Lists": state / "lists",
        "State::status": state / "status",
        "Cache": state,
        "Cache::archives": downloads,
    }
    apt = [
        "apt-get",
        "-q",
        "-y",
        "-oAPT::Sandbox::User=",
        *(f"-oDir::{key}={value}" for key, value in places.items()),
    ]
    try:
        _run([*apt, "update"])
    except ServerMissingError as error:
        if "is expired" not in str(error):
            raise
        # A frozen mirror; the signature is checked all the same, and nothing of this is installed.
        print("tests: this mirror's index of Debian unstable is an old one; used as it is", file=sys.stderr)
        apt.append("-oAcquire::Check-Valid-Until=false")
        _run([*apt, "update"])
    # apt checks each archive against the signed index; dpkg's database is never looked at.
    _run([*apt, "install", "--download-only", "--no-install-recommends", "-oDebug::NoLocking=1", package])
    for archive in sorted(downloads.glob("*.deb")):
        _run(["dpkg-deb", "--extract", str(archive), str(tree)])
    shutil.rmtree(downloads / "partial", ignore_errors=True)
    shutil.rmtree(state)


def _mirror() -> str:
    """The mirror that this machine's own apt uses."""
    places = [*sorted(Path("/etc/apt/sources.list.d").glob("*.sources")), Path("/etc/apt/sources.list")]
    for file in places:
        for line in file.read_text().splitlines() if file.is_file() else []:
            words = line.split()
            if words[:1] not in (["URIs:"], ["deb"]):
                continue
            for word in words[1:]:
                if "://" in word and word.rstrip("/").endswith("/debian"):
                    return word
    raise ServerMissingError("no mirror of Debian in /etc/apt/sources.list or sources.list.d")


@contextmanager
def _nothing_starts(prefix: list[str]) -> Iterator[None]:
    """A policy-rc.d that refuses every start, for this moment only; one that was there before comes back."""
    if POLICY.exists() and POLICY.read_text() != REFUSE:
        _run([*prefix, "cp", "-a", str(POLICY), str(POLICY_KEPT)])
    _write(prefix, POLICY, REFUSE)
    _run([*prefix, "chmod", "755", str(POLICY)])
    try:
        yield
    finally:
        if POLICY_KEPT.exists():
            _run([*prefix, "mv", str(POLICY_KEPT), str(POLICY)])
        else:
            _run([*prefix, "rm", "-f", str(POLICY)])


@contextmanager
def _temporary_files(prefix: list[str], files: dict[Path, str]) -> Iterator[None]:
    for path, text in files.items():
        _run([*prefix, "mkdir", "-p", str(path.parent)])
        _write(prefix, path, text)
    try:
        yield
    finally:
        for path in files:
            _run([*prefix, "rm", "-f", str(path)])


def _write(prefix: list[str], path: Path, text: str) -> None:
    subprocess.run([*prefix, "tee", str(path)], input=text, text=True, stdout=subprocess.DEVNULL, check=True)


def _run(command: list[str]) -> None:
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        tail = "\n".join(done.stdout.splitlines()[-8:])
        words = " ".join(word for word in command if not word.startswith("-"))
        raise ServerMissingError(f"{words} failed:\n{tail}")
