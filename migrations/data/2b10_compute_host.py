"""Copy host to compute_host."""

import sqlalchemy as sa

import migrator

change = "compute_host"
instances = sa.table("instances", sa.column("id"), sa.column("host"), sa.column("compute_host"), sa.column("host_seen"))

compute_host = migrator.UpdateMigration(
    name="compute_host",
    table=instances,
    set={"compute_host": instances.c.host, "host_seen": instances.c.host},
    # Never "compute_host IS NULL": release B filled it, and release A moved the instance afterwards.  The two places
    # also differ where new code wrote last; there the old one still holds what was seen, and nothing is to do.
    where=sa.and_(
        instances.c.compute_host.is_distinct_from(instances.c.host),
        instances.c.host_seen.is_distinct_from(instances.c.host),
    ),
    requires=("2b10",),
    order="pinned",  # release A reads and writes the old place only
)
