"""replace-routine: a function or procedure that is there already gets another body.

Effect: whatever calls it, running code's queries and triggers too, gets what the new body does from that moment on;
where it raises errors, they fail.
Remedy: a function of another name, which new code and new triggers call.

Bad:   CREATE OR REPLACE FUNCTION steady() RETURNS int LANGUAGE sql AS $$ SELECT 2 $$
Good:  CREATE FUNCTION steady_2() RETURNS int LANGUAGE sql AS $$ SELECT 2 $$

Source: reasoning: code that runs beside expand was written for the old body.
"""

from __future__ import annotations

from migrator.check.rule import POSTGRESQL, Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o
from migrator.model.finding import Severity
from migrator.model.phase import Phase


def _find(op: o.Operation, at: Situation) -> Problem | None:
    if not isinstance(op, o.CreateObject) or op.kind is not o.ObjectKind.ROUTINE or not op.replaces:
        return None
    if not (op.there or at.in_file) or (op.kind, op.schema, op.name) in at.made.objects:
        return None
    fails = op.there and op.refuses
    more = ", and it raises errors, with which statements of running code may fail" if fails else ""
    return Problem(
        message=f"gives {op.name}() another body: what running code and triggers get from it may change{more}",
        remedy=f"make a function of another name:  CREATE FUNCTION {op.name}_2(...)",
        severity=Severity.ERROR if fails else None,
        condition="what the body was before: taken for one that raises none" if fails else "",
    )


RULE = Rule(
    id="replace-routine",
    family=Family.OLD_CODE,
    find=_find,
    dialects=POSTGRESQL,
    phases={Phase.EXPAND: Severity.WARNING},
    source="reasoning: code that runs beside expand was written for the old body",
)
