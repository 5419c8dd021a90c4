"""Release C: the host is ``instances.compute_host``, the flavor ``instance_extra.flavor``; it knows nothing else."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from examples.inventory.database import reading, writing
from examples.inventory.domain import Flavor, Instance

metadata = sa.MetaData()
instances = sa.Table(
    "instances",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("display_name", sa.String(255), nullable=False),
    sa.Column("compute_host", sa.String(255)),
    sa.Column("version", sa.Integer, nullable=False),
)
extra = sa.Table(
    "instance_extra",
    metadata,
    sa.Column("instance_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("flavor", sa.JSON(none_as_null=True)),
)
_READ = sa.select(instances.c.id, instances.c.version, instances.c.compute_host, extra.c.flavor).select_from(
    instances.outerjoin(extra, extra.c.instance_id == instances.c.id)
)


class Inventory:
    """Release C's data access."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def create(self, name: str, host: str, flavor: Flavor) -> int:
        with writing(self._engine) as connection:
            values = {"display_name": name, "compute_host": host, "version": 1}
            key = connection.execute(sa.insert(instances).values(values)).inserted_primary_key
            assert key is not None
            connection.execute(sa.insert(extra).values(instance_id=key[0], flavor=flavor.as_json()))
        return int(key[0])

    def migrate(self, instance: int, host: str) -> int | None:
        with writing(self._engine) as connection:
            return _change(connection, instance, compute_host=host)

    def resize(self, instance: int, flavor: Flavor) -> int | None:
        with writing(self._engine) as connection:
            version = _change(connection, instance)
            if version is not None:
                mine = extra.c.instance_id == instance
                connection.execute(sa.update(extra).values(flavor=flavor.as_json()).where(mine))
        return version

    def delete(self, instance: int) -> bool:
        with writing(self._engine) as connection:
            found = connection.execute(sa.delete(instances).where(instances.c.id == instance)).rowcount
            connection.execute(sa.delete(extra).where(extra.c.instance_id == instance))
        return found > 0

    def get(self, instance: int) -> Instance | None:
        with reading(self._engine) as connection:
            found = _instances(connection.execute(_READ.where(instances.c.id == instance)))
        return found[0] if found else None

    def page(self, after: int, size: int, pause: float = 0.0) -> list[Instance]:
        some = _READ.where(instances.c.id > after, instances.c.id <= after + size).order_by(instances.c.id)
        with reading(self._engine) as connection:
            first = _instances(connection.execute(some))
            time.sleep(pause)
            return first + _instances(connection.execute(some))


def _change(connection: Connection, instance: int, **values: Any) -> int | None:
    """Count the change and keep the row locked to the end of the transaction; returns the new version."""
    mine = instances.c.id == instance
    connection.execute(sa.update(instances).values(version=instances.c.version + 1, **values).where(mine))
    return connection.execute(sa.select(instances.c.version).where(mine)).scalar()


def _instances(rows: Iterable[Sequence[Any]]) -> list[Instance]:
    return [
        Instance(id=id, version=version, host=host, flavor=None if flavor is None else Flavor(**flavor))
        for id, version, host, flavor in rows
    ]
