"""The kinds of data migrations, one file each: what a user declares.  Public."""

from __future__ import annotations

from migrator.data.kinds.declaration import DEFAULT_BATCH_SIZE, DataMigration, Fence
from migrator.data.kinds.delete import DeleteMigration
from migrator.data.kinds.function import Function, FunctionMigration, Remaining, function_migration
from migrator.data.kinds.keyed import KeyedMigration
from migrator.data.kinds.update import UpdateMigration

__all__ = [
    "DEFAULT_BATCH_SIZE",
    "DataMigration",
    "DeleteMigration",
    "Fence",
    "Function",
    "FunctionMigration",
    "KeyedMigration",
    "Remaining",
    "UpdateMigration",
    "function_migration",
]
