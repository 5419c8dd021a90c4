"""set-not-null: a column that existed before refuses NULL from now on.

Effect: running code may still write NULL, or leave the column out, and gets an error; the server scans the table under
its strongest lock.
Remedy: give it a server default in expand, fill the rows in a data migration, and set NOT NULL in contract.

Bad (expand):     op.alter_column("users", "email", nullable=False, existing_type=sa.String(50))
Good (contract):  op.alter_column("users", "email", nullable=False, existing_type=sa.String(50))

Source: the manual of the server on ALTER TABLE; a column added in the same revision with a server default is exempt,
and so is one of which a valid check says it already.
"""

from __future__ import annotations

from migrator.check.pasting import call, in_contract
from migrator.check.rule import Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o


def _find(op: o.Operation, at: Situation) -> Problem | None:
    if not isinstance(op, o.AlterColumn) or op.nullable is not False or not at.existed(op):
        return None
    if at.is_not_null(op, op.column) or at.is_proven(op, op.column):
        return None
    added = at.made.columns.get((op.schema, op.table, op.column))
    if added is not None and added.fills_itself:
        return None
    return Problem(
        message=(
            f"sets column {op.target}.{op.column} NOT NULL: running code that writes NULL or leaves it out gets an"
            f" error; scans the table under {at.traits.table_lock}"
        ),
        remedy=in_contract(call("alter_column", op.table, op.column, nullable=False, schema=op.schema)),
    )


RULE = Rule(id="set-not-null", family=Family.OLD_CODE, find=_find)
