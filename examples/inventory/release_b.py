"""Release B: knows the old places and the new ones (``instances.compute_host``, ``instance_extra.flavor``).

It writes both.  Pinned, it reads the old places, which is what release A beside it writes.  Unpinned, it reads the new
place, else the old.  "Else" needs care: a row that pinned B wrote into both places and release A changed afterwards has
a filled new place that is out of date.  So whoever fills a new place also notes which old value it stands for
(``host_seen``, ``flavor_seen``); an old value that nobody has seen is newer than the new place.  Release C writes the
new place only and leaves the old value as it was seen, so that its writes count.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from examples.inventory.database import reading, writing
from examples.inventory.domain import Flavor, Instance

Value = TypeVar("Value")
metadata = sa.MetaData()
instances = sa.Table(
    "instances",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("display_name", sa.String(255), nullable=False),
    sa.Column("host", sa.String(255)),
    sa.Column("compute_host", sa.String(255)),
    sa.Column("host_seen", sa.String(255)),
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
extra = sa.Table(
    "instance_extra",
    metadata,
    sa.Column("instance_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("flavor", sa.JSON(none_as_null=True)),
    sa.Column("flavor_seen", sa.JSON(none_as_null=True)),
)
_READ = sa.select(
    instances.c.id,
    instances.c.version,
    instances.c.host,
    instances.c.compute_host,
    instances.c.host_seen,
    extra.c.flavor,
    extra.c.flavor_seen,
    system_metadata.c.key,
    system_metadata.c.value,
).select_from(
    # One statement, so that both places are of the same moment.
    instances.outerjoin(extra, extra.c.instance_id == instances.c.id).outerjoin(
        system_metadata, system_metadata.c.instance_id == instances.c.id
    )
)


class Inventory:
    """Release B's data access.

    Args:
        unpinned: B is unpinned as soon as this file exists; looked for at every read, so no restart is needed.
    """

    def __init__(self, engine: Engine, unpinned: Path) -> None:
        self._engine = engine
        self._unpinned = unpinned

    def create(self, name: str, host: str, flavor: Flavor) -> int:
        with writing(self._engine) as connection:
            values = {"display_name": name, "version": 1, **_both_hosts(host)}
            key = connection.execute(sa.insert(instances).values(values)).inserted_primary_key
            assert key is not None
            _add_rows(connection, key[0], flavor)
            connection.execute(sa.insert(extra).values(instance_id=key[0], **_both_flavors(flavor)))
        return int(key[0])

    def migrate(self, instance: int, host: str) -> int | None:
        with writing(self._engine) as connection:
            return _change(connection, instance, **_both_hosts(host))

    def resize(self, instance: int, flavor: Flavor) -> int | None:
        with writing(self._engine) as connection:
            version = _change(connection, instance)
            if version is not None:
                _write_old_flavor(connection, instance, flavor)
                _write_new_flavor(connection, instance, flavor)
        return version

    def delete(self, instance: int) -> bool:
        with writing(self._engine) as connection:
            found = connection.execute(sa.delete(instances).where(instances.c.id == instance)).rowcount
            connection.execute(sa.delete(system_metadata).where(system_metadata.c.instance_id == instance))
            connection.execute(sa.delete(extra).where(extra.c.instance_id == instance))
        return found > 0

    def get(self, instance: int) -> Instance | None:
        pinned = not self._unpinned.exists()
        with reading(self._engine) as connection:
            found = _instances(connection.execute(_READ.where(instances.c.id == instance)), pinned)
        return found[0] if found else None

    def page(self, after: int, size: int, pause: float = 0.0) -> list[Instance]:
        pinned = not self._unpinned.exists()
        some = _READ.where(instances.c.id > after, instances.c.id <= after + size).order_by(instances.c.id)
        with reading(self._engine) as connection:
            first = _instances(connection.execute(some), pinned)
            time.sleep(pause)
            return first + _instances(connection.execute(some), pinned)


def _both_hosts(host: str) -> dict[str, str]:
    return {"host": host, "compute_host": host, "host_seen": host}


def _both_flavors(flavor: Flavor) -> dict[str, Any]:
    return {"flavor": flavor.as_json(), "flavor_seen": flavor.as_json()}


def _change(connection: Connection, instance: int, **values: Any) -> int | None:
    """Count the change and keep the row locked to the end of the transaction; returns the new version."""
    mine = instances.c.id == instance
    connection.execute(sa.update(instances).values(version=instances.c.version + 1, **values).where(mine))
    return connection.execute(sa.select(instances.c.version).where(mine)).scalar()


def _add_rows(connection: Connection, instance: int, flavor: Flavor) -> None:
    rows = [{"instance_id": instance, "key": k, "value": v} for k, v in _flavor_rows(flavor).items()]
    connection.execute(sa.insert(system_metadata), rows)


def _write_old_flavor(connection: Connection, instance: int, flavor: Flavor) -> None:
    rows = _flavor_rows(flavor)
    new = sa.case(rows, value=system_metadata.c.key)
    mine = sa.and_(system_metadata.c.instance_id == instance, system_metadata.c.key.in_(rows))
    if connection.execute(sa.update(system_metadata).values(value=new).where(mine)).rowcount == 0:
        _add_rows(connection, instance, flavor)  # release C made this instance


def _write_new_flavor(connection: Connection, instance: int, flavor: Flavor) -> None:
    # Asked first, under the lock of the instance: an UPDATE that finds no row would lock the gap on MySQL.
    mine = extra.c.instance_id == instance
    if connection.execute(sa.select(extra.c.instance_id).where(mine)).first() is None:
        connection.execute(sa.insert(extra).values(instance_id=instance, **_both_flavors(flavor)))
    else:
        connection.execute(sa.update(extra).values(_both_flavors(flavor)).where(mine))


def _instances(rows: Iterable[Sequence[Any]], pinned: bool) -> list[Instance]:
    found = []
    for id, group in groupby(rows, key=lambda row: row[0]):
        lines = list(group)
        _, version, host, compute_host, host_seen, new, seen, *_ = lines[0]
        old = _flavor_of_rows({line[7]: line[8] for line in lines if line[7] is not None})
        found.append(
            Instance(
                id=id,
                version=version,
                host=host if pinned else _current(old=host, new=compute_host, seen=host_seen),
                flavor=old if pinned else _current(old=old, new=_flavor_of_json(new), seen=_flavor_of_json(seen)),
            )
        )
    return found


def _current(*, old: Value | None, new: Value | None, seen: Value | None) -> Value | None:
    """The new place, unless the old one holds what nobody has carried over yet."""
    return old if old is not None and old != seen else new


def _flavor_rows(flavor: Flavor) -> dict[str, str]:
    return {
        "instance_type_id": str(flavor.id),
        "instance_type_name": flavor.name,
        "instance_type_memory_mb": str(flavor.memory_mb),
        "instance_type_vcpus": str(flavor.vcpus),
    }


def _flavor_of_rows(rows: dict[str, str]) -> Flavor | None:
    if "instance_type_id" not in rows:
        return None
    return Flavor(
        id=int(rows["instance_type_id"]),
        name=rows["instance_type_name"],
        memory_mb=int(rows["instance_type_memory_mb"]),
        vcpus=int(rows["instance_type_vcpus"]),
    )


def _flavor_of_json(value: dict[str, Any] | None) -> Flavor | None:
    return None if value is None else Flavor(**value)
