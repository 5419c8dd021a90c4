"""Downloaded servers: unpacked once, each file's sha256 recorded, verified before every use."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

MANIFEST = "manifest.json"


def cache_folder() -> Path:
    """``$MIGRATOR_CACHE``, else the user's cache; as root a folder that the servers' user can reach."""
    if given := os.environ.get("MIGRATOR_CACHE"):
        folder = Path(given).absolute()
    elif os.getuid() == 0:
        folder = Path("/var/cache/migrator-tests")
    else:
        folder = Path.home() / ".cache" / "migrator-tests"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def locked(name: str) -> Iterator[None]:
    """One process at a time fetches this."""
    with (cache_folder() / f"{name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def cached_tree(name: str, fetch: Callable[[Path, Path], None]) -> Path:
    """The unpacked tree called ``name``, fetched when it is not there or no longer what was recorded.

    Args:
        name: names the folder below the cache.
        fetch: called with an empty folder for downloads and one for the tree; what it leaves in the first is
            recorded by name and sha256 and then deleted, the second is kept.
    """
    with locked(name):
        home = cache_folder() / name
        tree = home / "tree"
        if _intact(home, tree):
            return tree
        shutil.rmtree(home, ignore_errors=True)
        downloads = home / "downloads"
        downloads.mkdir(parents=True)
        tree.mkdir()
        fetch(downloads, tree)
        for path in (tree, *tree.rglob("*")):
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | (0o555 if path.is_dir() or path.stat().st_mode & 0o100 else 0o444))
        written = {"downloads": _digests(downloads), "files": _digests(tree)}
        (home / MANIFEST).write_text(json.dumps(written, indent=1))
        shutil.rmtree(downloads)
        return tree


def _intact(home: Path, tree: Path) -> bool:
    try:
        recorded = json.loads((home / MANIFEST).read_text())["files"]
    except (OSError, ValueError, KeyError):
        return False
    if _digests(tree) == recorded:
        return True
    print(f"tests: {tree} is not what was unpacked there: fetching it again", file=sys.stderr)
    return False


def _digests(folder: Path) -> dict[str, str]:
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            with path.open("rb") as file:
                found[str(path.relative_to(folder))] = hashlib.file_digest(file, "sha256").hexdigest()
    return found
