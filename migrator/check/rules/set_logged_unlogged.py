"""set-logged-unlogged: a table that existed before becomes LOGGED or UNLOGGED.

Effect: the table and its indexes are written anew under ACCESS EXCLUSIVE; an UNLOGGED one is empty after a crash.
Remedy: a new table, and a data migration that moves the rows.

Bad:   ALTER TABLE orders SET UNLOGGED
Good:  CREATE UNLOGGED TABLE orders_2 (id bigint)

Source: PostgreSQL manual, ALTER TABLE: https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from migrator.check.rule import BLOCKS_EVERYWHERE, POSTGRESQL, Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o


def _find(op: o.Operation, at: Situation) -> Problem | None:
    if not isinstance(op, o.Act) or op.kind is not o.ActKind.SET_LOGGED or not at.existed(op):
        return None
    return Problem(
        message=f"writes table {op.target} anew, LOGGED or UNLOGGED, under {at.traits.table_lock}",
        remedy=f"make a new table beside {op.target} and move the rows to it with a data migration",
        condition="what the table is before: taken for the other of the two",
    )


RULE = Rule(id="set-logged-unlogged", family=Family.LOCK, find=_find, phases=BLOCKS_EVERYWHERE, dialects=POSTGRESQL)
