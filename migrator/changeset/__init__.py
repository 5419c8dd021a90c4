"""Helpers in the style of sqlalchemy-migrate, over Alembic's operations.

In a revision's ``upgrade()``: :func:`create_table`, :func:`create_column`, :func:`create_index`,
:func:`create_constraint` and their ``drop_``, ``alter_`` and ``rename_`` relatives.  Each takes SQLAlchemy's own
objects and calls ``alembic.op``, so that ``migrator check``, a dry run and the executor see what a plain Alembic
revision would show them.

In a program: :func:`db_version`, :func:`db_sync`, :func:`version_control`.

Each name is imported when it is first used, so that importing this package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from migrator.changeset.columns import alter_column, create_column, drop_column, rename_column
    from migrator.changeset.constraints import create_constraint, drop_constraint
    from migrator.changeset.control import Controlled, version_control
    from migrator.changeset.indexes import create_index, drop_index, rename_index
    from migrator.changeset.syncing import Synced, db_sync
    from migrator.changeset.tables import create_table, drop_table, rename_table
    from migrator.changeset.versions import Versions, db_version

_HOMES = {
    "Controlled": "control",
    "Synced": "syncing",
    "Versions": "versions",
    "alter_column": "columns",
    "create_column": "columns",
    "create_constraint": "constraints",
    "create_index": "indexes",
    "create_table": "tables",
    "db_sync": "syncing",
    "db_version": "versions",
    "drop_column": "columns",
    "drop_constraint": "constraints",
    "drop_index": "indexes",
    "drop_table": "tables",
    "rename_column": "columns",
    "rename_index": "indexes",
    "rename_table": "tables",
    "version_control": "control",
}

__all__ = [
    "Controlled",
    "Synced",
    "Versions",
    "alter_column",
    "create_column",
    "create_constraint",
    "create_index",
    "create_table",
    "db_sync",
    "db_version",
    "drop_column",
    "drop_constraint",
    "drop_index",
    "drop_table",
    "rename_column",
    "rename_index",
    "rename_table",
    "version_control",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'migrator.changeset' has no attribute {name!r}")
    return getattr(import_module(f"migrator.changeset.{home}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
