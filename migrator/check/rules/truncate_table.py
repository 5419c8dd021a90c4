"""truncate-table: all rows of a table that existed before are thrown away.

Effect: the rows are lost; the statement takes the table's strongest lock, and on MySQL and MariaDB no ROLLBACK brings
them back.
Remedy: a data migration that deletes in batches, or contract.

Bad (expand):     op.execute("TRUNCATE users")
Good (contract):  op.drop_table("users")

Source: reasoning; a table created in the same revision is exempt.
"""

from __future__ import annotations

from migrator.check.rule import Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o


def _find(op: o.Operation, at: Situation) -> Problem | None:
    if not isinstance(op, o.Truncate) or not at.existed(op):
        return None
    return Problem(
        message=f"empties table {op.target}, whose rows running code reads; takes {at.traits.table_lock}",
        remedy=(
            f"delete in batches: a function migration in migrations/data/ with"
            f" remaining=sa.select({op.table}.c.id).where(...)"
        ),
    )


RULE = Rule(
    id="truncate-table",
    family=Family.DESTRUCTIVE,
    find=_find,
    source="reasoning: code that runs beside expand still reads the rows",
)
