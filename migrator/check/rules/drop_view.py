"""drop-view: a view that existed before goes away.

Effect: running code that reads it fails at once.  One that is made again in the same transaction is a warning: its
columns may have changed.
Remedy: let the code stop using it first, and drop it in contract.

Bad (expand):     op.execute("DROP VIEW x")
Good (contract):  op.execute("DROP VIEW x")

Source: reasoning; one created in the same revision is exempt.
"""

from __future__ import annotations

from migrator.check.pasting import call, in_contract
from migrator.check.rule import Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o
from migrator.model.finding import Severity


def _find(op: o.Operation, at: Situation) -> Problem | None:
    if not isinstance(op, o.DropObject) or op.kind is not o.ObjectKind.VIEW or not at.object_existed(op):
        return None
    return Problem(
        message=f"drops view {op.name}: running code that reads it fails at once",
        remedy=in_contract(call("execute", f"DROP VIEW {op.name}")),
        severity=Severity.WARNING if at.made_again(op) else None,
    )


RULE = Rule(
    id="drop-view",
    family=Family.DESTRUCTIVE,
    find=_find,
    source="reasoning: code that runs beside expand may still use it",
)
