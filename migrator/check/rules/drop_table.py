"""drop-table: a table that existed before goes away.

Effect: the running code's queries of the table fail at once, and its rows are lost.  The statement takes the table's
strongest lock, and on the tables that its foreign keys point to.
Remedy: take the table out of the code first, and drop it in contract.

Bad (expand):     op.drop_table("users")
Good (contract):  op.drop_table("users")

Source: reasoning; a table created in the same revision is exempt, IF EXISTS is not.
"""

from __future__ import annotations

from migrator.check.pasting import call, in_contract
from migrator.check.rule import Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o


def _find(op: o.Operation, at: Situation) -> Problem | None:
    if not isinstance(op, o.DropTable) or not at.existed(op):
        return None
    return Problem(
        message=(
            f"drops table {op.target}: running code that uses it fails at once and its rows are lost;"
            f" takes {at.traits.table_lock}"
        ),
        remedy=in_contract(call("drop_table", op.table, schema=op.schema)),
    )


RULE = Rule(
    id="drop-table",
    family=Family.DESTRUCTIVE,
    find=_find,
    source="reasoning: code that runs beside expand still names the table",
)
