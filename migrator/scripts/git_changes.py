"""Which files changed since some commit, as git tells it."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from migrator.errors import UsageError

_PATIENCE = 60


def changed_since(reference: str, folder: Path) -> frozenset[Path]:
    """The files below the repository's root that differ from the commit where ``reference`` and HEAD parted.

    What isn't committed counts, and so do new files that git doesn't ignore; deleted ones don't.

    Args:
        reference: a branch, a tag or a commit.
        folder: any folder of the repository.

    Raises:
        UsageError: git isn't there, the folder is in no repository, or there is no such commit.
    """
    root = Path(_git(["rev-parse", "--show-toplevel"], folder, _no_repository(folder)).strip())
    unknown = UsageError(
        f"git knows no commit {reference!r} here",
        remedy=f"fetch it first:  git fetch origin {reference.removeprefix('origin/')}   (a shallow clone lacks it)",
    )
    if reference.startswith("-"):
        raise unknown
    commit = _git(["rev-parse", "--verify", "--quiet", f"{reference}^{{commit}}"], root, unknown).strip()
    unrelated = UsageError(
        f"{reference!r} and HEAD have no commit in common, so what changed since then can't be said",
        remedy="fetch the whole history:  git fetch --unshallow",
    )
    base = _git(["merge-base", commit, "HEAD"], root, unrelated).strip()
    changed = _git(["diff", "--name-only", "--no-renames", "--diff-filter=d", "-z", base, "--"], root, unknown)
    fresh = _git(["ls-files", "--others", "--exclude-standard", "-z"], root, unknown)
    return frozenset((root / name).resolve() for name in (changed + fresh).split("\0") if name)


def _no_repository(folder: Path) -> UsageError:
    return UsageError(
        f"{str(folder)!r} is in no git repository, so nobody knows what changed",
        remedy="leave --since out, or name the revisions:  migrator check PATH...",
    )


def _git(words: Sequence[str], folder: Path, refused: UsageError) -> str:
    """What git prints; its own words stay here, they may hold anything."""
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *words], capture_output=True, text=True, timeout=_PATIENCE, check=False
        )
    except FileNotFoundError:
        raise UsageError(
            "--since asks git what changed, and git isn't installed",
            remedy="install git, or name the revisions:  migrator check PATH...",
        ) from None
    except subprocess.TimeoutExpired:
        raise UsageError(f"git gave no answer within {_PATIENCE} seconds", remedy="try again") from None
    if done.returncode:
        raise refused
    return done.stdout
