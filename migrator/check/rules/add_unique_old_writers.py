"""add-unique-old-writers: a unique constraint or unique index on a table that existed before.

Effect: running code may insert duplicates, as it could until now, and gets an error; with duplicates in the table the
statement fails.  A unique constraint builds its index under the table's strongest lock.
Remedy: contract, when no code writes duplicates any more and the rows are clean.

Bad (expand):     op.create_unique_constraint("uq_users_email", "users", ["email"])
Good (contract):  op.create_unique_constraint("uq_users_email", "users", ["email"])

Source: reasoning; exempt are a table created in the same revision, and a key with a nullable column without default
that was added in it (old code leaves NULL there, and NULLs differ).
"""

from __future__ import annotations

from migrator.check.pasting import Code, call, in_contract
from migrator.check.rule import Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o
from migrator.model.finding import Severity
from migrator.model.phase import Phase


def _find(op: o.Operation, at: Situation) -> Problem | None:
    if isinstance(op, o.AddConstraint) and op.kind is o.ConstraintKind.UNIQUE:
        code = call(
            "create_unique_constraint", op.name or None, op.table, op.columns or Code("[...]"), schema=op.schema
        )
    elif isinstance(op, o.CreateIndex) and op.unique:
        code = call("create_index", op.name or None, op.table, op.columns, unique=True, schema=op.schema)
    else:
        return None
    if not at.existed(op) or at.only_new_empty_columns(op, op.columns):
        return None
    key = ", ".join(name or "an expression" for name in op.columns) or "its columns"
    return Problem(
        message=(
            f"makes {key} of table {op.target} unique: running code that writes a duplicate, as it may today, gets an"
            f" error; a unique constraint builds its index under {at.traits.table_lock}"
        ),
        remedy=in_contract(code),
    )


RULE = Rule(
    id="add-unique-old-writers",
    family=Family.OLD_CODE,
    find=_find,
    source="reasoning: code that runs beside expand was written without the constraint",
    phases={Phase.EXPAND: Severity.WARNING},
)
