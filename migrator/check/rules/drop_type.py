"""drop-type: a type that existed before goes away.

Effect: running code that casts to it fails at once.
Remedy: let the code stop using it first, and drop it in contract.

Bad (expand):     op.execute("DROP TYPE x")
Good (contract):  op.execute("DROP TYPE x")

Source: reasoning; one created in the same revision is exempt, and one that no column has, as a baseline shows, is a
warning.
"""

from __future__ import annotations

from migrator.check.pasting import call, in_contract
from migrator.check.rule import POSTGRESQL, Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o
from migrator.model.finding import Severity


def _find(op: o.Operation, at: Situation) -> Problem | None:
    if not isinstance(op, o.DropObject) or op.kind is not o.ObjectKind.TYPE or not at.object_existed(op):
        return None
    return Problem(
        message=f"drops type {op.name}: running code that casts to it fails at once",
        remedy=in_contract(call("execute", f"DROP TYPE {op.name}")),
        severity=Severity.WARNING if op.unused else None,
    )


RULE = Rule(
    id="drop-type",
    family=Family.DESTRUCTIVE,
    find=_find,
    source="reasoning: code that runs beside expand may still use it",
    dialects=POSTGRESQL,
)
