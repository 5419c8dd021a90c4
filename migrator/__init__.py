"""Database upgrades without downtime, for SQLAlchemy and Alembic.

The public API; each name is imported when it is first used, so that ``import migrator`` in a revision costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from migrator.check.suppression import allow
    from migrator.data.context import Context
    from migrator.data.kinds import (
        CopyMigration,
        DataMigration,
        DeleteMigration,
        Fence,
        FunctionMigration,
        TransformMigration,
        UpdateMigration,
        function_migration,
        online_migrations,
        transform_migration,
    )
    from migrator.errors import MigratorError
    from migrator.model.exit_code import ExitCode
    from migrator.runner.guard import guard

_HOMES = {
    "Context": "migrator.data.context",
    "CopyMigration": "migrator.data.kinds",
    "DataMigration": "migrator.data.kinds",
    "DeleteMigration": "migrator.data.kinds",
    "ExitCode": "migrator.model.exit_code",
    "Fence": "migrator.data.kinds",
    "FunctionMigration": "migrator.data.kinds",
    "MigratorError": "migrator.errors",
    "TransformMigration": "migrator.data.kinds",
    "UpdateMigration": "migrator.data.kinds",
    "allow": "migrator.check.suppression",
    "function_migration": "migrator.data.kinds",
    "guard": "migrator.runner.guard",
    "online_migrations": "migrator.data.kinds",
    "transform_migration": "migrator.data.kinds",
}

__all__ = [
    "Context",
    "CopyMigration",
    "DataMigration",
    "DeleteMigration",
    "ExitCode",
    "Fence",
    "FunctionMigration",
    "MigratorError",
    "TransformMigration",
    "UpdateMigration",
    "__version__",
    "allow",
    "function_migration",
    "guard",
    "online_migrations",
    "transform_migration",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import PackageNotFoundError, version  # slow to import, and seldom asked for

        try:
            return version("migrator-alembic")
        except PackageNotFoundError:  # run from a checkout that was never installed
            return "0+unknown"
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'migrator' has no attribute {name!r}")
    return getattr(import_module(home), name)


def __dir__() -> list[str]:
    return sorted(__all__)
