"""Which fence belongs to a data migration."""

from __future__ import annotations

from migrator.data.kinds import DataMigration, Fence


def fence_of(migration: DataMigration) -> Fence | None:
    """What contract refuses while it asks its last question; the same object each time, None for none."""
    return migration.fence
