"""detach-partition-not-concurrently: a partition is detached the plain way.

Effect: ACCESS EXCLUSIVE on the parent: readers and writers of every partition queue behind its wait.
Remedy: DETACH PARTITION ... CONCURRENTLY, outside a transaction, in contract.

Bad:   ALTER TABLE events DETACH PARTITION events_2020
Good (contract):  op.execute("ALTER TABLE events DETACH PARTITION events_2020 CONCURRENTLY")

Source: PostgreSQL manual, ALTER TABLE (DETACH PARTITION): https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from migrator.check.rule import BLOCKS_EVERYWHERE, POSTGRESQL, Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o


def _find(op: o.Operation, at: Situation) -> Problem | None:
    if not isinstance(op, o.Act) or op.kind is not o.ActKind.DETACH_PARTITION or op.concurrently:
        return None
    if not at.existed(op):
        return None
    return Problem(
        message=f"detaches {op.other} from {op.target} under {at.traits.table_lock}",
        remedy=f"outside a transaction:  ALTER TABLE {op.target} DETACH PARTITION {op.other} CONCURRENTLY",
    )


RULE = Rule(
    id="detach-partition-not-concurrently",
    family=Family.LOCK,
    find=_find,
    momentary=True,
    phases=BLOCKS_EVERYWHERE,
    dialects=POSTGRESQL,
)
