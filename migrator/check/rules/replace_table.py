"""replace-table: a table is thrown away and made anew under its name.

Effect: the rows are lost, and between the two statements running code finds no table.
Remedy: a table under a new name, filled by a data migration; the old one goes in contract.

Bad:   op.drop_table("users")
       op.create_table("users", sa.Column("id", sa.Integer()))
Good:  op.create_table("users_2", sa.Column("id", sa.Integer()))

Source: reasoning.
"""

from __future__ import annotations

from migrator.check.pasting import Code, call
from migrator.check.rule import Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o


def _find(op: o.Operation, at: Situation) -> Problem | None:
    if not isinstance(op, o.CreateTable):
        return None
    gone = (op.schema, op.table) in at.made.dropped
    if not gone and not (op.replaces and at.existed(op)):
        return None
    return Problem(
        message=f"replaces table {op.target}: its rows are lost, and running code finds no table in between",
        remedy=f"make the new one beside it:  {call('create_table', op.table + '_2', Code('...'), schema=op.schema)}",
    )


RULE = Rule(
    id="replace-table",
    family=Family.DESTRUCTIVE,
    find=_find,
    source="reasoning: code that runs beside expand uses the old rows",
)
