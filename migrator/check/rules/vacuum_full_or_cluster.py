"""vacuum-full-or-cluster: a table is written anew to make it smaller or to sort it.

Effect: VACUUM FULL and CLUSTER hold ACCESS EXCLUSIVE, OPTIMIZE TABLE and ALTER TABLE ... FORCE rebuild: for as long as
it lasts nobody reads or writes the table, or replicas lag behind.
Remedy: plain VACUUM; pg_repack in a quiet hour; ALTER TABLE ... FORCE, ALGORITHM=INPLACE, LOCK=NONE on MySQL and
MariaDB.

Bad:   VACUUM FULL orders
Good:  VACUUM orders

Source: PostgreSQL manual, VACUUM and CLUSTER; MySQL manual, OPTIMIZE TABLE.
"""

from __future__ import annotations

from migrator.check.planned import refused_by_planner
from migrator.check.rule import BLOCKS_EVERYWHERE, Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o


def _find(op: o.Operation, at: Situation) -> Problem | None:
    if not isinstance(op, o.Act) or op.kind not in (o.ActKind.VACUUM_FULL, o.ActKind.CLUSTER):
        return _refused(op, at)
    if op.table and not at.existed(op):
        return None
    return Problem(
        message=(
            f"writes {f'table {op.target}' if op.table else 'every table'} anew under {at.traits.table_lock}, for as"
            " long as it lasts"
        ),
        remedy=f"leave it to autovacuum, or:  VACUUM {op.target}",
        source=at.traits.lock_source,
    )


_refused = refused_by_planner("vacuum-full-or-cluster")


RULE = Rule(
    id="vacuum-full-or-cluster",
    family=Family.LOCK,
    find=_find,
    phases=BLOCKS_EVERYWHERE,
)
