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
        DataMigration,
        Fence,
        FunctionMigration,
        UpdateMigration,
        function_migration,
    )
    from migrator.errors import MigratorError
    from migrator.model.exit_code import ExitCode
    from migrator.runner.guard import guard
    from migrator.services.minimum import aminimum_version, minimum_version
    from migrator.services.registering import register
    from migrator.services.registration import AsyncRegistration, Registration

_HOMES = {
    "AsyncRegistration": "migrator.services.registration",
    "Context": "migrator.data.context",
    "DataMigration": "migrator.data.kinds",
    "ExitCode": "migrator.model.exit_code",
    "Fence": "migrator.data.kinds",
    "FunctionMigration": "migrator.data.kinds",
    "MigratorError": "migrator.errors",
    "Registration": "migrator.services.registration",
    "UpdateMigration": "migrator.data.kinds",
    "allow": "migrator.check.suppression",
    "aminimum_version": "migrator.services.minimum",
    "function_migration": "migrator.data.kinds",
    "guard": "migrator.runner.guard",
    "minimum_version": "migrator.services.minimum",
    "register": "migrator.services.registering",
}

__all__ = [
    "AsyncRegistration",
    "Context",
    "DataMigration",
    "ExitCode",
    "Fence",
    "FunctionMigration",
    "MigratorError",
    "Registration",
    "UpdateMigration",
    "__version__",
    "allow",
    "aminimum_version",
    "function_migration",
    "guard",
    "minimum_version",
    "register",
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
