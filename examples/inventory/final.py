"""Every row, as a release sees it."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Engine

from examples.inventory.database import reading
from examples.inventory.domain import Instance, Inventory

_AT_ONCE = 5000


def every_instance(engine: Engine, inventory: Inventory) -> list[Instance]:
    """All instances by id, read through a release's own data access."""
    with reading(engine) as connection:
        last = connection.scalar(sa.select(sa.func.max(sa.table("instances", sa.column("id")).c.id))) or 0
    found = {one.id: one for after in range(0, last, _AT_ONCE) for one in inventory.page(after, _AT_ONCE)}
    return list(found.values())
