"""set-tablespace: a table that existed before moves to another tablespace.

Effect: the table is copied under ACCESS EXCLUSIVE: nobody reads or writes it until it is copied.  A partitioned one
has no rows of its own: only its later partitions are made there.
Remedy: a new table there, and a data migration that moves the rows; indexes can be built anew in it, CONCURRENTLY.

Bad:   ALTER TABLE orders SET TABLESPACE fast
Good:  CREATE TABLE orders_2 (id bigint) TABLESPACE fast

Source: PostgreSQL manual, ALTER TABLE: https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from migrator.check.rule import BLOCKS_EVERYWHERE, POSTGRESQL, Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o


def _find(op: o.Operation, at: Situation) -> Problem | None:
    if not isinstance(op, o.Act) or op.kind is not o.ActKind.SET_TABLESPACE or not at.existed(op):
        return None
    table = at.table(op)
    if table is not None and table.partitioned:
        return None
    return Problem(
        message=f"copies table {op.target} to tablespace {op.other} under {at.traits.table_lock}",
        condition="where it is before: taken for another tablespace",
        remedy=f"make a new table in {op.other} and move the rows to it with a data migration",
    )


RULE = Rule(id="set-tablespace", family=Family.LOCK, find=_find, phases=BLOCKS_EVERYWHERE, dialects=POSTGRESQL)
