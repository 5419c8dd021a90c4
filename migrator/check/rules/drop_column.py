"""drop-column: a column that existed before goes away.

Effect: SQLAlchemy names every mapped column in SELECT and INSERT, so running code fails at once; the values are lost,
and with them every index and constraint over the column.
Remedy: unmap the column first, and drop it in contract.

Bad (expand):     op.drop_column("users", "name")
Good (contract):  op.drop_column("users", "name")

Source: reasoning; a column added in the same revision is exempt.
"""

from __future__ import annotations

from migrator.check.pasting import call, in_contract
from migrator.check.rule import Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o


def _find(op: o.Operation, at: Situation) -> Problem | None:
    if not isinstance(op, o.DropColumn) or not at.column_existed(op, op.column):
        return None
    return Problem(
        message=(
            f"drops column {op.target}.{op.column}: running code that maps it fails at its next SELECT or INSERT, and"
            f" its values are lost; takes {at.traits.table_lock}"
        ),
        remedy=in_contract(call("drop_column", op.table, op.column, schema=op.schema)),
    )


RULE = Rule(
    id="drop-column",
    family=Family.DESTRUCTIVE,
    find=_find,
    source="reasoning: SQLAlchemy names every mapped column in SELECT and INSERT",
)
