"""What a verdict was made of, so that a later run can see whether all of it is as it was.

Here without anything that takes long to import.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

OUR_CACHE = ".migrator_cache"
_PASSED_OVER = frozenset({"__pycache__", OUR_CACHE})
_MODULES = (".py", ".pyc", ".so", ".pyd", ".pth", ".zip")
_ROUNDS = 100_000  # of the digest of variables, whose values may be secrets that are short


@dataclass(frozen=True, kw_only=True)
class Ingredients:
    """States of things outside the process.

    ``things`` are (aspect, path, state), with an aspect of :func:`state_of`; ``variables`` are the names of those of
    the environment that were read, ``values`` is a slow digest of their values with ``salt``.
    """

    things: tuple[tuple[str, str, str], ...]
    variables: tuple[str, ...]
    salt: str
    values: str

    def are_as_they_were(self, environment: Mapping[str, str] = os.environ) -> bool:
        """Whether every thing has its state again."""
        return all(state_of(aspect, path) == state for aspect, path, state in self.things) and (
            digest_of_variables(self.variables, environment, self.salt) == self.values
        )


def state_of(aspect: str, path: str) -> str:
    """The present state of one aspect of a path.

    Args:
        aspect: ``bytes`` of a file, ``names`` in a folder, ``modules`` that could be imported from a folder, ``kind``
            (nothing, file or folder).

    Returns:
        A short text; that of a path which isn't there, or can't be read, is one too.
    """
    try:
        return _ASPECTS[aspect](path)
    except OSError as error:
        return type(error).__name__


def digest_of_variables(names: Iterable[str], environment: Mapping[str, str], salt: str) -> str:
    """One digest of all the values; nothing but the whole can be guessed from it."""
    values = [(name, environment.get(name)) for name in sorted(names)]
    if not values:
        return ""
    return hashlib.pbkdf2_hmac("sha256", json.dumps(values).encode(), salt.encode(), _ROUNDS).hex()


def _bytes(path: str) -> str:
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def _names(path: str) -> str:
    return _digest(_entries(path))


def _modules(path: str) -> str:
    if not os.path.isdir(path):
        return _bytes(path)  # an archive on the import path
    return _digest(one for one in _entries(path) if one[0] != "." and one.partition("\0")[0].endswith((*_MODULES, "/")))


def _kind(path: str) -> str:
    return "folder" if stat.S_ISDIR(os.stat(path).st_mode) else "file"


def _entries(path: str) -> list[str]:
    """Names, those of folders with a slash behind them; where a link leads is part of it."""
    found = []
    with os.scandir(path) as entries:
        for one in entries:
            if one.name not in _PASSED_OVER:
                target = os.readlink(one.path) if one.is_symlink() else ""
                found.append(f"{one.name}{'/' if one.is_dir() else ''}\0{target}")
    return sorted(found)


def _digest(texts: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(texts).encode(errors="surrogateescape")).hexdigest()


_ASPECTS: Mapping[str, Callable[[str], str]] = {
    "bytes": _bytes,
    "names": _names,
    "modules": _modules,
    "kind": _kind,
}
