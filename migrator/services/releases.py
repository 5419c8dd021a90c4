"""Releases in order: by their numbers, never as text."""

from __future__ import annotations

from collections.abc import Iterable

from packaging.version import InvalidVersion, Version


def at_least(release: str, minimum: str) -> bool | None:
    """Whether ``release`` is ``minimum`` or newer; None where one of them is no version, so that nobody can say.

    ``2026.46`` comes after ``2026.5``.  Two equal texts are equal whatever they are.
    """
    if release and release == minimum:
        return True
    try:
        return Version(release) >= Version(minimum)
    except InvalidVersion:
        return None


def lowest(releases: Iterable[str]) -> str | None:
    """The oldest of them; None without any, or where one of them can't be ordered among others."""
    found = set(releases)
    if len(found) == 1:
        return found.pop() or None
    try:
        return min(found, key=Version, default=None)
    except InvalidVersion:
        return None
