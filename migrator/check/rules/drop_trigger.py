"""drop-trigger: a trigger or a rule that existed before goes away.

Effect: what it did for the writes of running code is done no more; no statement fails by that, so it is a
warning.
Remedy: let the code stop using it first, and drop it in contract.

Bad (expand):     op.execute("DROP TRIGGER x ON users")
Good (contract):  op.execute("DROP TRIGGER x ON users")

Source: reasoning; one created in the same revision is exempt.
"""

from __future__ import annotations

from migrator.check.pasting import call, in_contract
from migrator.check.rule import Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o
from migrator.model.finding import Severity
from migrator.model.phase import Phase

_KINDS = (o.ObjectKind.TRIGGER, o.ObjectKind.RULE)


def _find(op: o.Operation, at: Situation) -> Problem | None:
    if not isinstance(op, o.DropObject) or op.kind not in _KINDS or not at.object_existed(op):
        return None
    return Problem(
        message=f"drops {op.kind} {op.name}: what it did for the writes of running code is done no more",
        remedy=in_contract(call("execute", f"DROP {op.kind.upper()} {op.name}")),
    )


RULE = Rule(
    id="drop-trigger",
    family=Family.OLD_CODE,
    find=_find,
    source="reasoning: code that runs beside expand may still use it",
    phases={Phase.EXPAND: Severity.WARNING},
)
