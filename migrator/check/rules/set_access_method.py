"""set-access-method: a table that existed before gets another access method.

Effect: the table is written anew under ACCESS EXCLUSIVE. ``heap`` is what PostgreSQL itself brings and what a table
has, and so is DEFAULT: it changes nothing; a partitioned table has no rows of its own.
Remedy: a new table with it, and a data migration that moves the rows.

Bad:   ALTER TABLE orders SET ACCESS METHOD columnar
Good:  CREATE TABLE orders_2 (id bigint) USING columnar

Source: PostgreSQL manual 15 to 18, ALTER TABLE: https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from migrator.check.rule import BLOCKS_EVERYWHERE, POSTGRESQL, Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o

_USUAL = ("heap", "")


def _find(op: o.Operation, at: Situation) -> Problem | None:
    if not isinstance(op, o.Act) or op.kind is not o.ActKind.SET_ACCESS_METHOD or not at.existed(op):
        return None
    table = at.table(op)
    if op.other in _USUAL or (table is not None and table.partitioned):
        return None
    return Problem(
        message=f"writes table {op.target} anew for access method {op.other} under {at.traits.table_lock}",
        remedy=f"make a new table with USING {op.other} and move the rows to it with a data migration",
    )


RULE = Rule(id="set-access-method", family=Family.LOCK, find=_find, phases=BLOCKS_EVERYWHERE, dialects=POSTGRESQL)
