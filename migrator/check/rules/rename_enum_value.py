"""rename-enum-value: a label of an enum gets another name.

Effect: running code writes the old label and fails; rows that it reads carry a label that it doesn't know
(SQLAlchemy raises LookupError).
Remedy: add the new label, move the rows in a data migration.

Bad:   op.execute("ALTER TYPE mood RENAME VALUE 'ok' TO 'fine'")
Good:  op.execute("ALTER TYPE mood ADD VALUE 'fine'")   # and a data migration

Source: reasoning; a type created in the same revision is exempt.
"""

from __future__ import annotations

from migrator.check.pasting import call
from migrator.check.rule import POSTGRESQL, Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o
from migrator.model.finding import Severity


def _find(op: o.Operation, at: Situation) -> Problem | None:
    if not isinstance(op, o.RenameObject) or op.kind is not o.ObjectKind.ENUM_VALUE:
        return None
    if (o.ObjectKind.TYPE, op.schema, op.table) in at.made.objects:
        return None
    return Problem(
        message=(
            f"renames a value of enum {op.table}: running code that writes the old one, or reads the new one, fails"
        ),
        remedy=f"add the new value, and move the rows later:  "
        f"{call('execute', f'ALTER TYPE {op.table} ADD VALUE ' + chr(39) + op.new_name + chr(39))}",
        severity=Severity.WARNING if op.unused else None,
    )


RULE = Rule(
    id="rename-enum-value",
    family=Family.OLD_CODE,
    find=_find,
    source="reasoning: code that runs beside expand knows the old label only",
    dialects=POSTGRESQL,
)
