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
    from migrator.model.readiness import Readiness
    from migrator.runner.guard import guard
    from migrator.runner.ready import aready, ready
    from migrator.services.minimum import aminimum_version, minimum_version
    from migrator.services.registering import register
    from migrator.services.registration import AsyncRegistration, Registration

_HOMES = {
    "AsyncRegistration": "migrator.services.registration",
    "Context": "migrator.data.context",
    "CopyMigration": "migrator.data.kinds",
    "DataMigration": "migrator.data.kinds",
    "DeleteMigration": "migrator.data.kinds",
    "ExitCode": "migrator.model.exit_code",
    "Fence": "migrator.data.kinds",
    "FunctionMigration": "migrator.data.kinds",
    "MigratorError": "migrator.errors",
    "Readiness": "migrator.model.readiness",
    "Registration": "migrator.services.registration",
    "TransformMigration": "migrator.data.kinds",
    "UpdateMigration": "migrator.data.kinds",
    "allow": "migrator.check.suppression",
    "aminimum_version": "migrator.services.minimum",
    "aready": "migrator.runner.ready",
    "function_migration": "migrator.data.kinds",
    "guard": "migrator.runner.guard",
    "minimum_version": "migrator.services.minimum",
    "online_migrations": "migrator.data.kinds",
    "ready": "migrator.runner.ready",
    "register": "migrator.services.registering",
    "transform_migration": "migrator.data.kinds",
}

__all__ = [
    "AsyncRegistration",
    "Context",
    "CopyMigration",
    "DataMigration",
    "DeleteMigration",
    "ExitCode",
    "Fence",
    "FunctionMigration",
    "MigratorError",
    "Readiness",
    "Registration",
    "TransformMigration",
    "UpdateMigration",
    "__version__",
    "allow",
    "aminimum_version",
    "aready",
    "function_migration",
    "guard",
    "minimum_version",
    "online_migrations",
    "ready",
    "register",
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
