"""Release A: the host is ``instances.host``, the flavor four key/value rows of ``instance_system_metadata``."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from itertools import groupby
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
    sa.Column("host", sa.String(255)),
    sa.Column("version", sa.Integer, nullable=False),
)
system_metadata = sa.Table(
    "instance_system_metadata",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("instance_id", sa.Integer, nullable=False),
    sa.Column("key", sa.String(255), nullable=False),
    sa.Column("value", sa.String(255)),
)
_READ = sa.select(
    instances.c.id, instances.c.version, instances.c.host, system_metadata.c.key, system_metadata.c.value
).select_from(instances.outerjoin(system_metadata, system_metadata.c.instance_id == instances.c.id))


def flavor_rows(flavor: Flavor) -> dict[str, str]:
    """A flavor as keys and values."""
    return {
        "instance_type_id": str(flavor.id),
        "instance_type_name": flavor.name,
        "instance_type_memory_mb": str(flavor.memory_mb),
        "instance_type_vcpus": str(flavor.vcpus),
    }


def flavor_of(rows: dict[str, str]) -> Flavor | None:
    """The flavor of keys and values; None without them."""
    if "instance_type_id" not in rows:
        return None
    return Flavor(
        id=int(rows["instance_type_id"]),
        name=rows["instance_type_name"],
        memory_mb=int(rows["instance_type_memory_mb"]),
        vcpus=int(rows["instance_type_vcpus"]),
    )


class Inventory:
    """Release A's data access."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def create(self, name: str, host: str, flavor: Flavor) -> int:
        with writing(self._engine) as connection:
            values = {"display_name": name, "host": host, "version": 1}
            key = connection.execute(sa.insert(instances).values(values)).inserted_primary_key
            assert key is not None
            rows = [{"instance_id": key[0], "key": k, "value": v} for k, v in flavor_rows(flavor).items()]
            connection.execute(sa.insert(system_metadata), rows)
        return int(key[0])

    def migrate(self, instance: int, host: str) -> int | None:
        with writing(self._engine) as connection:
            return _change(connection, instance, host=host)

    def resize(self, instance: int, flavor: Flavor) -> int | None:
        with writing(self._engine) as connection:
            version = _change(connection, instance)
            if version is not None:
                rows = flavor_rows(flavor)
                new = sa.case(rows, value=system_metadata.c.key)
                mine = system_metadata.c.instance_id == instance
                connection.execute(
                    sa.update(system_metadata).values(value=new).where(mine, system_metadata.c.key.in_(rows))
                )
        return version

    def delete(self, instance: int) -> bool:
        with writing(self._engine) as connection:
            found = connection.execute(sa.delete(instances).where(instances.c.id == instance)).rowcount
            connection.execute(sa.delete(system_metadata).where(system_metadata.c.instance_id == instance))
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
    found = []
    for (id, version, host), group in groupby(rows, key=lambda row: (row[0], row[1], row[2])):
        flavor = flavor_of({row[3]: row[4] for row in group if row[3] is not None})
        found.append(Instance(id=id, version=version, host=host, flavor=flavor))
    return found
