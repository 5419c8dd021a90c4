"""The kinds of data migrations, one file each: what a user declares.  Public."""

from __future__ import annotations

from migrator.data.kinds.copy import CopyMigration, OnConflict
from migrator.data.kinds.declaration import DEFAULT_BATCH_SIZE, DataMigration, Fence
from migrator.data.kinds.delete import DeleteMigration
from migrator.data.kinds.function import Function, FunctionMigration, Remaining, function_migration
from migrator.data.kinds.keyed import KeyedMigration
from migrator.data.kinds.nova import online_migrations
from migrator.data.kinds.transform import Row, TransformMigration, Values, transform_migration
from migrator.data.kinds.update import UpdateMigration

__all__ = [
    "DEFAULT_BATCH_SIZE",
    "CopyMigration",
    "DataMigration",
    "DeleteMigration",
    "Fence",
    "Function",
    "FunctionMigration",
    "KeyedMigration",
    "OnConflict",
    "Remaining",
    "Row",
    "TransformMigration",
    "UpdateMigration",
    "Values",
    "function_migration",
    "online_migrations",
    "transform_migration",
]
