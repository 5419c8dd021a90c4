"""drop-database: a database that existed before goes away.

Effect: everything in it is lost.
Remedy: leave it to an operator.

Bad (expand):     op.execute("DROP DATABASE x")
Good:  outside the migrations

Source: reasoning; one created in the same revision is exempt.
"""

from __future__ import annotations

from migrator.check.rule import Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o
from migrator.model.finding import Severity
from migrator.model.phase import Phase


def _find(op: o.Operation, at: Situation) -> Problem | None:
    if not isinstance(op, o.DropObject) or op.kind is not o.ObjectKind.DATABASE or not at.object_existed(op):
        return None
    return Problem(
        message=f"drops database {op.name}: everything in it is lost",
        remedy="leave this to an operator; no migration drops a database",
    )


RULE = Rule(
    id="drop-database",
    family=Family.DESTRUCTIVE,
    find=_find,
    source="reasoning: code that runs beside expand may still use it",
    phases={Phase.EXPAND: Severity.ERROR, Phase.CONTRACT: Severity.ERROR},
)
