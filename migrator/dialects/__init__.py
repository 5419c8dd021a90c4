"""Dialect-specific code, one folder a database, the same file names in each."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

from migrator.errors import ConfigurationError

if TYPE_CHECKING:  # a command line that only names databases needs no SQLAlchemy
    from sqlalchemy.engine.interfaces import Dialect

    from migrator.dialects.base import Pack

SUPPORTED = ("postgresql", "mysql", "mariadb", "sqlite")
_FOLDERS = {"postgresql": "postgresql", "mysql": "mysql", "mariadb": "mysql", "sqlite": "sqlite"}


def pack_named(name: str) -> Pack:
    """The pack of ``postgresql``, ``mysql``, ``mariadb`` or ``sqlite``.

    Raises:
        ConfigurationError: for any other name.
    """
    pack: Pack = part_named(name).pack(name)
    return pack


def part_named(name: str, part: str = "") -> ModuleType:
    """A dialect's folder, or one module of it; the same module names are in each.

    Raises:
        ConfigurationError: the dialect is none of ours.
    """
    folder = _FOLDERS.get(name)
    if folder is None:
        raise ConfigurationError(
            f"the database {name!r} is not supported",
            remedy=f"use one of: {', '.join(SUPPORTED)}",
        )
    return import_module(f"migrator.dialects.{folder}.{part}" if part else f"migrator.dialects.{folder}")


def pack_for(dialect: Dialect) -> Pack:
    """The pack of a SQLAlchemy dialect that has connected once (only then does it know MariaDB from MySQL)."""
    name = dialect.name
    if name == "mysql" and getattr(dialect, "is_mariadb", False):
        name = "mariadb"
    return pack_named(name)


def own_options(given: Mapping[str, Any], dialect: Dialect) -> dict[str, Any]:
    """Of the keyword arguments of an index or a constraint those that are for this dialect."""
    return {key: one for key, one in given.items() if key.startswith(f"{dialect.name}_") and one is not None}
