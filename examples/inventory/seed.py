"""The rows that release A has left behind before the demo begins."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy import Engine

from examples.inventory import release_a
from examples.inventory.database import reading, writing
from examples.inventory.domain import Flavor, Instance

HOSTS = tuple(f"compute-{number:02}" for number in range(1, 41))
FLAVORS = tuple(
    Flavor(id=number, name=f"m1.{name}", memory_mb=512 * 4**number, vcpus=2**number)
    for number, name in enumerate(("tiny", "small", "medium", "large", "xlarge"))
)
_AT_ONCE = 2000


def seed(engine: Engine, count: int) -> list[Instance]:
    """Add ``count`` instances as release A keeps them; returns what was written, by id."""
    with writing(engine) as connection:
        for numbers in _slices(count):
            rows = [{"display_name": _name(n), "host": _host(n), "version": 1} for n in numbers]
            connection.execute(sa.insert(release_a.instances), rows)
    table = release_a.instances
    with reading(engine) as connection:
        ids = {name: id for name, id in connection.execute(sa.select(table.c.display_name, table.c.id))}  # noqa: C416  dict() of rows has no type
    with writing(engine) as connection:
        for numbers in _slices(count):
            rows = [
                {"instance_id": ids[_name(n)], "key": key, "value": value}
                for n in numbers
                for key, value in release_a.flavor_rows(_flavor(n)).items()
            ]
            connection.execute(sa.insert(release_a.system_metadata), rows)
    written = [Instance(id=ids[_name(n)], version=1, host=_host(n), flavor=_flavor(n)) for n in range(count)]
    return sorted(written, key=lambda instance: instance.id)


def _slices(count: int) -> Iterator[range]:
    for first in range(0, count, _AT_ONCE):
        yield range(first, min(first + _AT_ONCE, count))


def _name(number: int) -> str:
    return f"seed-{number}"


def _host(number: int) -> str:
    return HOSTS[number % len(HOSTS)]


def _flavor(number: int) -> Flavor:
    return FLAVORS[number % len(FLAVORS)]
