"""drop-constraint: a constraint that existed before goes away.

Effect: running code may rely on it: as a target of ON CONFLICT, for a cascade, for the error of a duplicate.  On
PostgreSQL dropping a foreign key keeps everybody out of the table that it points to as well.  Else a check, a unique
key or a foreign key is a warning: few statements need it.
Remedy: contract.

Bad (expand):     op.drop_constraint("uq_users_email", "users", type_="unique")
Good (contract):  op.drop_constraint("uq_users_email", "users", type_="unique")

Source: reasoning; a constraint or table created in the same revision is exempt.
"""

from __future__ import annotations

from migrator.check.pasting import drop_constraint, in_contract
from migrator.check.rule import Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o
from migrator.model.finding import Severity

# Nothing but the error of a wrong value, a cascade, or ON CONFLICT over the very key, is missed.
_QUIET = (
    o.ConstraintKind.CHECK,
    o.ConstraintKind.UNIQUE,
    o.ConstraintKind.FOREIGN_KEY,
    o.ConstraintKind.NOT_NULL,
)


def _find(op: o.Operation, at: Situation) -> Problem | None:
    if not isinstance(op, o.DropConstraint) or op.kind is o.ConstraintKind.PRIMARY_KEY or not at.existed(op):
        return None
    if (op.schema, op.table, op.name) in at.made.constraints:
        return None
    return Problem(
        message=(
            f"drops {op.kind} {op.name} of table {op.target}: running code that relies on it (ON CONFLICT, cascades,"
            f" the error of a duplicate) breaks; takes {at.traits.table_lock}"
        ),
        remedy=in_contract(drop_constraint(op.kind, op.name, op.table, schema=op.schema)),
        severity=Severity.WARNING if _is_quiet(op, at) else None,
    )


def _is_quiet(op: o.DropConstraint, at: Situation) -> bool:
    locks_both = op.kind is o.ConstraintKind.FOREIGN_KEY and at.traits.foreign_key_locks_parent
    return op.kind in _QUIET and not op.cascade and not locks_both


RULE = Rule(
    id="drop-constraint",
    family=Family.OLD_CODE,
    find=_find,
    source="reasoning: code that runs beside expand was written with the constraint",
)
