"""create-partition-of: a table is made as a partition of one that existed before.

Effect: ACCESS EXCLUSIVE on the parent while it is made; where the parent has a default partition, that one is scanned
meanwhile, and then it is an error.
Remedy: CREATE TABLE ... (LIKE parent INCLUDING ALL), then ATTACH PARTITION, which takes a weaker lock on the parent.

Bad:   CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')
Good:  CREATE TABLE events_2026 (LIKE events INCLUDING ALL)

Source: PostgreSQL manual, CREATE TABLE and ALTER TABLE (ATTACH PARTITION):
https://www.postgresql.org/docs/current/sql-createtable.html
"""

from __future__ import annotations

from migrator.check.partitions import scans_default_partition
from migrator.check.rule import POSTGRESQL, Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o
from migrator.model.finding import Severity
from migrator.model.phase import Phase


def _find(op: o.Operation, at: Situation) -> Problem | None:
    if not isinstance(op, o.CreateTable) or op.parent is None or op.parent in at.made.tables:
        return None
    parent = at.before.tables.get(op.parent) if at.before is not None else None
    scans = parent is not None and not op.default and scans_default_partition(op.bounds, parent, at)
    default = ", which scans its default partition meanwhile" if scans else ""
    name = op.parent[1]
    return Problem(
        message=f"makes a partition of {name} under ACCESS EXCLUSIVE on {name}{default}: nobody reads or writes it",
        remedy=(
            f"CREATE TABLE {op.table} (LIKE {name} INCLUDING ALL);  ALTER TABLE {name} ATTACH PARTITION {op.table} ..."
        ),
        severity=Severity.ERROR if scans else None,
    )


RULE = Rule(
    id="create-partition-of",
    family=Family.LOCK,
    momentary=True,
    find=_find,
    phases={Phase.EXPAND: Severity.WARNING, Phase.CONTRACT: Severity.WARNING},
    dialects=POSTGRESQL,
)
