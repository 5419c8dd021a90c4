"""narrow-column-type: a contract gives a column a type that can't hold every value of the old one.

Effect: the change fails on the first value that doesn't fit, or it is rounded or cut without a word.
Remedy: a data migration that finds such values first. In expand, change-column-type tells the same.

Bad (contract):  op.alter_column("users", "name", type_=sa.String(20), existing_type=sa.String(50))
Good:            op.add_column("users", sa.Column("short_name", sa.String(20)))

Source: reasoning; PostgreSQL refuses a text that is too long and rounds numbers and times.
"""

from __future__ import annotations

from migrator.check.narrowing import narrows
from migrator.check.rule import Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o
from migrator.model.finding import Severity
from migrator.model.phase import Phase


def _find(op: o.Operation, at: Situation) -> Problem | None:
    if not isinstance(op, o.AlterColumn) or not op.type or not op.old_type or not at.column_existed(op, op.column):
        return None
    if not narrows(op.old_type, op.type):
        return None
    return Problem(
        message=(
            f"changes column {op.target}.{op.column} from {op.old_type} to {op.type}, which doesn't hold every value"
            " of before: it fails on one, or changes it"
        ),
        remedy="find and move such values first, in a data migration that this contract requires",
    )


RULE = Rule(
    id="narrow-column-type",
    find=_find,
    family=Family.DESTRUCTIVE,
    phases={Phase.CONTRACT: Severity.WARNING},
    source="reasoning: values that don't fit are refused, rounded or cut",
)
