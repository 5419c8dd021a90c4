"""change-default: a column's server default becomes another one.

Effect: running code that leaves the column out writes the new value from that moment on, which it may not expect.
Remedy: change it in contract, or say that old code may write it.

Bad (expand):     op.alter_column("orders", "state", server_default="paid")
Good (contract):  op.alter_column("orders", "state", server_default="paid")

Source: reasoning; the first default of a column is exempt.
"""

from __future__ import annotations

from migrator.check.pasting import Code, call, in_contract
from migrator.check.rule import Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o
from migrator.model.finding import Severity
from migrator.model.phase import Phase


def _find(op: o.Operation, at: Situation) -> Problem | None:
    if not isinstance(op, o.AlterColumn) or op.default is not o.DefaultChange.SET or op.restated:
        return None
    if not at.column_existed(op, op.column) or not at.fills_itself(op):
        return None
    return Problem(
        message=(
            f"gives column {op.target}.{op.column} another default: running code that leaves it out writes the new"
            " value from now on"
        ),
        remedy=in_contract(call("alter_column", op.table, op.column, server_default=Code("..."), schema=op.schema)),
    )


RULE = Rule(
    id="change-default",
    find=_find,
    family=Family.OLD_CODE,
    phases={Phase.EXPAND: Severity.WARNING},
    source="reasoning: code that runs beside expand was written with the old default",
)
