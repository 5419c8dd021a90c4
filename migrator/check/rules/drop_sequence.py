"""drop-sequence: a sequence that existed before goes away.

Effect: running code and defaults that take numbers from it fail at once.
Remedy: let the code stop using it first, and drop it in contract.

Bad (expand):     op.execute("DROP SEQUENCE x")
Good (contract):  op.execute("DROP SEQUENCE x")

Source: reasoning; one created in the same revision is exempt.
"""

from __future__ import annotations

from migrator.check.pasting import call, in_contract
from migrator.check.rule import Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o


def _find(op: o.Operation, at: Situation) -> Problem | None:
    if not isinstance(op, o.DropObject) or op.kind is not o.ObjectKind.SEQUENCE or not at.object_existed(op):
        return None
    return Problem(
        message=f"drops sequence {op.name}: running code and defaults that take numbers from it fail at once",
        remedy=in_contract(call("execute", f"DROP SEQUENCE {op.name}")),
    )


RULE = Rule(
    id="drop-sequence",
    family=Family.DESTRUCTIVE,
    find=_find,
    source="reasoning: code that runs beside expand may still use it",
)
