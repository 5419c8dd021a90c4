"""constraint-rejects-old-writes: a check, foreign key or exclusion constraint on a table that existed before.

Effect: NOT VALID or not, the constraint rejects new rows at once, so running code that writes what it may write today
gets an error.  Unless NOT VALID, the server scans the table under a lock that blocks writers; with it, whether running
code obeys is a doubt, and a warning; but it surely doesn't where it may leave out a column that has no default and is
to be NOT NULL.
Remedy: contract, when all code obeys it and the rows do.

Bad (expand):     op.create_check_constraint("ck_age", "users", "age > 0")
Good (contract):  op.create_check_constraint("ck_age", "users", "age > 0")

Source: reasoning; exempt are a table created in the same revision, and a foreign key over a nullable column without
default that was added in it (old code leaves NULL there, which refers to nothing).
"""

from __future__ import annotations

from migrator.check.pasting import Code, call, in_contract
from migrator.check.rule import Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o
from migrator.model.finding import Severity

_KINDS = {
    o.ConstraintKind.CHECK: "create_check_constraint",
    o.ConstraintKind.FOREIGN_KEY: "create_foreign_key",
    o.ConstraintKind.EXCLUDE: "create_exclude_constraint",
    o.ConstraintKind.NOT_NULL: "create_check_constraint",
}


def _find(op: o.Operation, at: Situation) -> Problem | None:
    if not isinstance(op, o.AddConstraint) or op.kind not in _KINDS or not at.existed(op):
        return None
    if op.kind is o.ConstraintKind.FOREIGN_KEY and at.only_new_empty_columns(op, op.columns):
        return None
    named = f" {op.name}" if op.name else ""
    on = f" ({', '.join(op.columns)})" if op.columns else ""
    scan = "" if op.not_valid else f"; scans the table under {at.traits.table_lock}"
    arguments: list[object] = [op.name or None, op.table]
    if op.kind is o.ConstraintKind.FOREIGN_KEY:
        arguments += [op.references, op.columns]
    return Problem(
        message=(
            f"adds {op.kind} constraint{named} on table {op.target}{on}: running code that writes what it doesn't allow"
            f" gets an error{scan}"
        ),
        remedy=in_contract(call(_KINDS[op.kind], *arguments, Code("..."))),
        severity=Severity.WARNING if _is_doubt(op, at) else None,
    )


def _is_doubt(op: o.AddConstraint, at: Situation) -> bool:
    """Whether running code may well obey; where it leaves out a column that takes NULL now, it surely doesn't."""
    if not op.enforced or _over_nothing(op, at):
        return True
    refused = op.columns if op.kind is o.ConstraintKind.NOT_NULL else (op.proves,)
    return op.not_valid and not any(name and at.is_left_out(op, name) for name in refused)


def _over_nothing(op: o.AddConstraint, at: Situation) -> bool:
    """Whether a check is over new columns alone that old code leaves NULL: most checks let NULL pass."""
    if op.kind is not o.ConstraintKind.CHECK or not op.columns or op.proves:
        return False
    return all(at.only_new_empty_columns(op, (name,)) for name in op.columns)


RULE = Rule(
    id="constraint-rejects-old-writes",
    family=Family.OLD_CODE,
    find=_find,
    source="reasoning: code that runs beside expand was written without the constraint",
)
