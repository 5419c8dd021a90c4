"""reindex-not-concurrently: an index, a table or more is reindexed the plain way.

Effect: the table is scanned under SHARE, the index held under ACCESS EXCLUSIVE: nobody writes the table, and reads that
would use the index wait, until it is built.
Remedy: REINDEX ... CONCURRENTLY, outside a transaction.

Bad:   REINDEX TABLE orders
Good:  REINDEX TABLE CONCURRENTLY orders

Source: PostgreSQL manual, REINDEX: https://www.postgresql.org/docs/current/sql-reindex.html
"""

from __future__ import annotations

from migrator.check.rule import BLOCKS_EVERYWHERE, POSTGRESQL, Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o


def _find(op: o.Operation, at: Situation) -> Problem | None:
    if not isinstance(op, o.Act) or op.kind is not o.ActKind.REINDEX or op.concurrently:
        return None
    if op.table and not at.existed(op):
        return None
    what = f"table {op.target}" if op.table else op.other
    form = f"REINDEX TABLE CONCURRENTLY {op.target}" if op.table else "REINDEX INDEX CONCURRENTLY ..."
    return Problem(
        message=f"builds the indexes of {what} anew under a SHARE lock: nobody writes the table until they are built",
        remedy=f"outside a transaction:  {form}",
        source=at.traits.lock_source,
    )


RULE = Rule(
    id="reindex-not-concurrently", family=Family.LOCK, find=_find, phases=BLOCKS_EVERYWHERE, dialects=POSTGRESQL
)
