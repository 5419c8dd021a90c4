"""drop-view: a view that existed before goes away, or some of its columns.

Effect: running code that reads it fails at once.  One that is made again in the same transaction is a warning,
unless columns are known to be missing then.  MySQL and MariaDB let CREATE OR REPLACE VIEW
and ALTER VIEW leave columns out.
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
    if isinstance(op, o.CreateObject):
        return _lost_columns(op, at)
    if not isinstance(op, o.DropObject) or op.kind is not o.ObjectKind.VIEW or not at.object_existed(op):
        return None
    return Problem(
        message=f"drops view {op.name}: running code that reads it fails at once",
        remedy=in_contract(call("execute", f"DROP VIEW {op.name}")),
        severity=Severity.WARNING if _comes_back(op, at) else None,
    )


def _lost_columns(op: o.CreateObject, at: Situation) -> Problem | None:
    made = (op.kind, op.schema, op.name) in at.made.objects
    if (
        op.kind is not o.ObjectKind.VIEW
        or not op.replaces
        or {"", "*"} & set(op.shows)
        or not op.shows
        or made
        or at.before is None
    ):
        return None
    lost = [one for one in at.before.shown.get((op.schema, op.name), ()) if one not in ("", "*", *op.shows)]
    if not lost:
        return None
    return Problem(
        message=f"takes {', '.join(lost)} out of view {op.name}: running code that reads it fails at once",
        remedy=f"leave it in until contract, or make another view beside it:  CREATE VIEW {op.name}_2 AS SELECT ...",
    )


def _comes_back(op: o.DropObject, at: Situation) -> bool:
    """Whether it is made again, as far as is known with all the columns that it had."""
    again = at.view_afterwards(op.name, op.schema)
    if again is None:
        return False
    before = at.before.shown.get((op.schema, op.name), ()) if at.before is not None else ()
    unknown = {"", "*"} & {*before, *again.shows}
    return bool(unknown) or set(before) <= set(again.shows)


RULE = Rule(
    id="drop-view",
    family=Family.DESTRUCTIVE,
    find=_find,
    source="reasoning: code that runs beside expand may still use it",
)
