"""Copy flavors from the system metadata to instance_extra, in Nova's signature."""

from itertools import groupby
from typing import Any

import sqlalchemy as sa

import migrator

change = "instance_flavor"
instances = sa.table("instances", sa.column("id", sa.Integer))
system_metadata = sa.table(
    "instance_system_metadata",
    sa.column("instance_id", sa.Integer),
    sa.column("key", sa.String(255)),
    sa.column("value", sa.String(255)),
)
extra = sa.table(
    "instance_extra",
    sa.column("instance_id", sa.Integer),
    sa.column("flavor", sa.JSON(none_as_null=True)),
    sa.column("flavor_seen", sa.JSON(none_as_null=True)),
)
FIELDS = {
    "instance_type_id": ("id", int),
    "instance_type_name": ("name", str),
    "instance_type_memory_mb": ("memory_mb", int),
    "instance_type_vcpus": ("vcpus", int),
}
LARGEST_BATCH = 1000  # instances that are locked at a time, and parameters in one statement


def counterpart(flavor: sa.ColumnClause[Any]) -> sa.ColumnElement[str]:
    """What this JSON holds for the metadata row at hand, as text."""
    found = {key: sa.cast(flavor[field].as_string(), sa.String(255)) for key, (field, _) in FIELDS.items()}
    return sa.case(found, value=system_metadata.c.key)


# An instance remains while one of its metadata rows says what neither the new place nor the note of what was seen says:
# never filled, or changed by old code after it was filled.  What release C wrote since differs from the new place only.
remaining = (
    sa.select(instances.c.id)
    .select_from(instances.outerjoin(extra, extra.c.instance_id == instances.c.id))
    .where(
        sa.exists().where(
            system_metadata.c.instance_id == instances.c.id,
            system_metadata.c.key.in_(FIELDS),
            system_metadata.c.value.is_distinct_from(counterpart(extra.c.flavor)),
            system_metadata.c.value.is_distinct_from(counterpart(extra.c.flavor_seen)),
        )
    )
)


@migrator.function_migration(
    name="flavor",
    requires=("2b20",),
    order="pinned",
    remaining=remaining,
    # Nobody has a reason to write there any more, and what is written would go with the table.
    fence=migrator.Fence(table=system_metadata, refuse=sa.true()),
)
def flavor(context: migrator.Context, max_count: int) -> tuple[int, int]:
    connection = context.connection
    found = connection.scalars(remaining.order_by(instances.c.id).limit(min(max_count, LARGEST_BATCH))).all()
    # Writers lock the instance first and so do we; what is read after this line stays as it is until we commit.
    mine = instances.c.id.in_(found)
    connection.execute(sa.select(instances.c.id).where(mine).order_by(instances.c.id).with_for_update()).all()
    still = connection.scalars(remaining.where(mine)).all()
    flavors = read_flavors(connection, still)
    write_flavors(connection, flavors)
    return len(still), len(flavors)


def read_flavors(connection: sa.Connection, ids: Any) -> dict[int, dict[str, Any]]:
    rows = connection.execute(
        sa.select(system_metadata.c.instance_id, system_metadata.c.key, system_metadata.c.value)
        .where(system_metadata.c.instance_id.in_(ids), system_metadata.c.key.in_(FIELDS))
        .order_by(system_metadata.c.instance_id)
    )
    return {id: dict(field(key, value) for _, key, value in group) for id, group in groupby(rows, lambda row: row[0])}


def field(key: str, value: str) -> tuple[str, Any]:
    name, kind = FIELDS[key]
    return name, kind(value)


def write_flavors(connection: sa.Connection, flavors: dict[int, dict[str, Any]]) -> None:
    known = set(connection.scalars(sa.select(extra.c.instance_id).where(extra.c.instance_id.in_(flavors))))
    rows = [{"instance": id, "flavor": new, "flavor_seen": new} for id, new in flavors.items()]
    added = [row for row in rows if row["instance"] not in known]
    changed = [row for row in rows if row["instance"] in known]
    if added:
        connection.execute(sa.insert(extra).values(instance_id=sa.bindparam("instance")), added)
    if changed:
        connection.execute(sa.update(extra).where(extra.c.instance_id == sa.bindparam("instance")), changed)
