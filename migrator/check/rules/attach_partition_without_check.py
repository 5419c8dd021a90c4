"""attach-partition-without-check: a table becomes a partition, and nothing proves that its rows belong there.

Effect: the table is scanned under ACCESS EXCLUSIVE on it, a missing index of the parent is built there and then, and a
default partition is scanned too.
Remedy: before it, a valid check that says the bound (both ends of a range) and that the key is not NULL, and the
parent's indexes CONCURRENTLY.

Bad:   ALTER TABLE events ATTACH PARTITION events_2026 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')
Good:  ALTER TABLE events_2026 ADD CONSTRAINT bound CHECK (at >= '2026-01-01' AND at < '2027-01-01') NOT VALID

Source: PostgreSQL manual, ALTER TABLE (ATTACH PARTITION): https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from migrator.check.partitions import proves_its_bound
from migrator.check.rule import BLOCKS_EVERYWHERE, POSTGRESQL, Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o
from migrator.model.finding import Severity


def _find(op: o.Operation, at: Situation) -> Problem | None:
    if not isinstance(op, o.Act) or op.kind is not o.ActKind.ATTACH_PARTITION:
        return None
    if (op.other_schema, op.other) in at.made.tables:
        return None
    proven = proves_its_bound(op, at)
    if proven:
        return None
    return Problem(
        message=(
            f"attaches {op.other} to {op.target}: unless a valid check says its bound, and that the key isn't NULL, it"
            " is scanned under ACCESS EXCLUSIVE; a missing index of the parent is built meanwhile"
        ),
        remedy=(
            f"first:  ALTER TABLE {op.other} ADD CONSTRAINT {op.other}_bound CHECK (...) NOT VALID;  ALTER TABLE"
            f" {op.other} VALIDATE CONSTRAINT {op.other}_bound;  and the parent's indexes on {op.other}, CONCURRENTLY"
        ),
        severity=Severity.WARNING if proven is None else None,
    )


RULE = Rule(
    id="attach-partition-without-check", family=Family.LOCK, find=_find, phases=BLOCKS_EVERYWHERE, dialects=POSTGRESQL
)
