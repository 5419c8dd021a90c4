"""add-enum-value: an enum gets a further value.

Effect: SQLAlchemy's Enum of running code raises LookupError when it reads a row with a value that it doesn't know.
Remedy: write the new value only when no old code is left; for new columns, text with a check.

Bad:   op.execute("ALTER TYPE mood ADD VALUE 'lost'")
Good:  with migrator.allow("add-enum-value", reason="code writes it in the next release only"):
           op.execute("ALTER TYPE mood ADD VALUE 'lost'")

Source: reasoning: sqlalchemy.Enum looks values up in the list that it was made with.
"""

from __future__ import annotations

from migrator.check.enums import enum_values
from migrator.check.rule import SERVERS, Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o
from migrator.model.finding import Severity
from migrator.model.phase import Phase


def _find(op: o.Operation, at: Situation) -> Problem | None:
    if isinstance(op, o.AddEnumValue):
        if (o.ObjectKind.TYPE, op.schema, op.name) in at.made.objects:
            return None
        what, where = f"{op.value!r}", f"enum {op.name}"
    elif isinstance(op, o.AlterColumn) and at.column_existed(op, op.column):
        added = sorted(set(enum_values(op.type)) - set(enum_values(op.old_type)))
        if not added or not enum_values(op.old_type):
            return None
        what, where = ", ".join(map(repr, added)), f"column {op.target}.{op.column}"
    else:
        return None
    return Problem(
        message=f"adds {what} to {where}: running code that reads such a row gets a LookupError",
        remedy="write the new value only in the release after this one; then accept this finding with migrator.allow",
    )


RULE = Rule(
    id="add-enum-value",
    find=_find,
    family=Family.OLD_CODE,
    phases={Phase.EXPAND: Severity.WARNING},
    dialects=SERVERS,
    source="reasoning: sqlalchemy.Enum looks values up in the list that it was made with",
)
