"""Which files changed since some commit, as git tells it."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from migrator.errors import UsageError

_PATIENCE = 60


@dataclass(frozen=True, kw_only=True)
class Since:
    """What is there now against the commit where ``reference`` and HEAD parted.  All paths are resolved.

    Attributes:
        changed: files that are there and differ from then, not committed ones and new ones included.
        existed: the Python files of then.
        texts: those of ``existed`` that differ now, or are gone, with their text of then.
    """

    reference: str
    changed: frozenset[Path]
    existed: frozenset[Path] = frozenset()
    texts: Mapping[Path, str] = field(default_factory=dict)


def changes_since(reference: str, folder: Path) -> Since:
    """What changed below the repository's root since the commit where ``reference`` and HEAD parted.

    What isn't committed counts, and so do new files that git doesn't ignore.

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
    differing = _names(_git(["diff", "--name-only", "--no-renames", "-z", base, "--"], root, unknown))
    fresh = _names(_git(["ls-files", "--others", "--exclude-standard", "-z"], root, unknown))
    then = {one for one in _names(_git(["ls-tree", "-r", "--name-only", "-z", base], root, unknown)) if _is_python(one)}
    return Since(
        reference=reference,
        changed=frozenset((root / one).resolve() for one in differing + fresh if (root / one).exists()),
        existed=frozenset((root / one).resolve() for one in then),
        texts={
            (root / one).resolve(): text
            for one, text in _texts(base, sorted(then.intersection(differing)), root, unknown).items()
        },
    )


def _texts(commit: str, names: Sequence[str], root: Path, refused: UsageError) -> Mapping[str, str]:
    """The files' texts at a commit, by one process for all; a name that can't be asked for is left out."""
    asked = [one for one in names if "\n" not in one]
    printed = _git(["cat-file", "--batch"], root, refused, "".join(f"{commit}:{one}\n" for one in asked))
    rest, found = _bytes(printed), {}
    for name in asked:
        head, _, rest = rest.partition(b"\n")
        size = int(head.split()[-1])
        found[name] = rest[:size].decode(errors="replace")
        rest = rest[size + 1 :]
    return found


def _bytes(printed: str) -> bytes:
    return printed.encode("utf-8", "surrogateescape")


def _names(printed: str) -> list[str]:
    return [one for one in printed.split("\0") if one]


def _is_python(name: str) -> bool:
    return name.endswith(".py")


def _no_repository(folder: Path) -> UsageError:
    return UsageError(
        f"{str(folder)!r} is in no git repository, so nobody knows what changed",
        remedy="leave --since out, or name the revisions:  migrator check PATH...",
    )


def _git(words: Sequence[str], folder: Path, refused: UsageError, told: str = "") -> str:
    """What git prints; its own words stay here, they may hold anything."""
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *words],
            input=_bytes(told),
            capture_output=True,
            timeout=_PATIENCE,
            check=False,
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
    return done.stdout.decode("utf-8", "surrogateescape")
