"""An older migrator in a virtual environment of its own, taken from git's history."""

from __future__ import annotations

import io
import site
import subprocess
import sys
import tarfile
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support import run
from tests.support.archives import unpack
from tests.support.project import Project

TABLES = "migrator/state/tables.py"


@dataclass(frozen=True, kw_only=True)
class OldRelease:
    """``commit`` is what the environment holds; ``python`` its interpreter."""

    commit: str
    python: Path

    def run(self, image: Project, *arguments: str, **env: Any) -> run.Run:
        """Run ``migrator`` of this release on the scripts of an image; nothing of the checkout is on its path."""
        process = subprocess.Popen(
            [str(self.python), "-m", "migrator", "--config", str(image.config), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=image.path,
            env=run.environment({"PYTHONPATH": None, **env}),
        )
        return run.finish(process)


def last_commit_with_version(version: int) -> str:
    """The newest commit whose own tables have this schema version; empty where git's history doesn't reach it."""
    changed = _git("log", "--format=%H", "--reverse", f"-SSCHEMA_VERSION = {version + 1}", "--", TABLES)
    for commit in changed.decode().split():
        before = _git("rev-parse", "--verify", "--quiet", f"{commit}^").decode().strip()
        if before and f"SCHEMA_VERSION = {version}\n".encode() in _git("show", f"{before}:{TABLES}"):
            return before
    return ""


def install(commit: str, folder: Path) -> OldRelease:
    """Make the environment; what the package depends on is taken from the environment that runs the tests."""
    venv.create(folder, with_pip=False, symlinks=True)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    packages = folder / "lib" / version / "site-packages"
    with tarfile.open(fileobj=io.BytesIO(_git("archive", commit, "migrator"))) as archive:
        unpack(archive, packages)
    # Paths only: the .pth files inside them, and with these the checkout's own package, are not read.
    (packages / "dependencies.pth").write_text("\n".join(site.getsitepackages()) + "\n")
    return OldRelease(commit=commit, python=folder / "bin" / "python")


def _git(*arguments: str) -> bytes:
    """What git says; empty where it can't."""
    try:
        return subprocess.run(["git", *arguments], cwd=run.ROOT, capture_output=True, check=False).stdout
    except FileNotFoundError:
        return b""
