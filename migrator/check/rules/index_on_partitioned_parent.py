"""index-on-partitioned-parent: an index of a partitioned table is built with all its partitions at once.

Effect: SHARE locks on the parent and on every partition until the last index is built: nobody writes any of them.
One of a partitioned table can't be dropped CONCURRENTLY: the server refuses that.
Remedy: ON ONLY the parent, CONCURRENTLY on each partition, then ALTER INDEX ... ATTACH PARTITION.

Bad:   CREATE INDEX events_at ON events (at)
Good:  CREATE INDEX events_at ON ONLY events (at)

Source: PostgreSQL manual, CREATE INDEX: https://www.postgresql.org/docs/current/sql-createindex.html
"""

from __future__ import annotations

from migrator.check.planned import refused_by_planner
from migrator.check.rule import BLOCKS_EVERYWHERE, POSTGRESQL, Family, Rule

RULE = Rule(
    id="index-on-partitioned-parent",
    family=Family.LOCK,
    find=refused_by_planner("index-on-partitioned-parent"),
    phases=BLOCKS_EVERYWHERE,
    dialects=POSTGRESQL,
)
