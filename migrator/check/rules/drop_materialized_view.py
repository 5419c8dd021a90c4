"""drop-materialized-view: a materialized view that existed before goes away.

Effect: running code that reads it fails at once.
Remedy: let the code stop using it first, and drop it in contract.

Bad (expand):     op.execute("DROP MATERIALIZED VIEW x")
Good (contract):  op.execute("DROP MATERIALIZED VIEW x")

Source: reasoning; one created in the same revision is exempt.
"""

from __future__ import annotations

from migrator.check.pasting import call, in_contract
from migrator.check.rule import POSTGRESQL, Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o


def _find(op: o.Operation, at: Situation) -> Problem | None:
    if not isinstance(op, o.DropObject) or op.kind is not o.ObjectKind.MATERIALIZED_VIEW or not at.object_existed(op):
        return None
    return Problem(
        message=f"drops materialized view {op.name}: running code that reads it fails at once",
        remedy=in_contract(call("execute", f"DROP MATERIALIZED VIEW {op.name}")),
    )


RULE = Rule(
    id="drop-materialized-view",
    family=Family.DESTRUCTIVE,
    find=_find,
    source="reasoning: code that runs beside expand may still use it",
    dialects=POSTGRESQL,
)
