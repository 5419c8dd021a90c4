"""How many rows are still to do: asked of the database now, never remembered."""

from __future__ import annotations

from sqlalchemy import Connection

from migrator.data.kinds import DataMigration


def remaining(connection: Connection, migration: DataMigration) -> int:
    """Count the rows that the predicate finds.  Reads the whole table where no index helps the predicate.

    Raises:
        ConfigurationError: the data migration declares no predicate.
        UserCodeError: its own function raised, or counted something else than a whole number.
    """
    return migration.count(connection)


def any_remaining(connection: Connection, migration: DataMigration) -> bool:
    """Whether the predicate finds any row: as :func:`remaining`, but it stops at the first one."""
    return migration.finds_any(connection)
