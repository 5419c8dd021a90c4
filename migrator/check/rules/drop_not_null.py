"""drop-not-null: a column that refused NULL takes it.

Effect: once new code writes NULL, running code reads it where it never was: None in a computation, an error on reading.
Remedy: let only code write NULL that comes when no old code is left; where the column is being replaced, allow it.

Bad:   op.alter_column("users", "email", existing_type=sa.String(50), nullable=True)
Good:  with migrator.allow("drop-not-null", reason="old code reads NULL as empty"):
           op.alter_column("users", "email", existing_type=sa.String(50), nullable=True)

Source: reasoning: code that runs beside expand was written without NULL.
"""

from __future__ import annotations

from migrator.check.rule import Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o
from migrator.model.finding import Severity
from migrator.model.phase import Phase


def _find(op: o.Operation, at: Situation) -> Problem | None:
    if not isinstance(op, o.AlterColumn) or op.nullable is not True or not at.column_existed(op, op.column):
        return None
    if at.is_nullable(op, op.column) or (op.restated and not at.is_not_null(op, op.column)):
        return None
    return Problem(
        message=(
            f"lets column {op.target}.{op.column} be NULL: running code that reads it was written without NULL, and"
            " new code may write it now"
        ),
        remedy='look at it, then:  with migrator.allow("drop-not-null", reason="..."): ...',
        sql='look at it, then:  -- migrator: allow[drop-not-null] reason="..."',
    )


RULE = Rule(
    id="drop-not-null",
    find=_find,
    family=Family.OLD_CODE,
    phases={Phase.EXPAND: Severity.WARNING},
    source="reasoning: code that runs beside expand was written without NULL",
)
