"""change-collation: a column gets another collation.

Effect: order and equality of texts change: a unique key may take what it refused, running code meets other orders;
indexes over the column are built anew.
Remedy: a column of the new collation beside it.

Bad:   ALTER TABLE users ALTER COLUMN name TYPE varchar(50) COLLATE "C"
Good:  ALTER TABLE users ADD COLUMN name_2 varchar(50) COLLATE "C"

Source: reasoning; what is built anew, and under which lock, the planner says.
"""

from __future__ import annotations

import re

from migrator.check.rule import WARNS_EVERYWHERE, Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o

_NAMED = re.compile(r"\b(COLLATE|CHARACTER SET|CHARSET)\b", re.IGNORECASE)


def _find(op: o.Operation, at: Situation) -> Problem | None:
    if isinstance(op, o.Act) and op.kind is o.ActKind.TABLE_OPTION and op.other.startswith("convert to"):
        what = f"all columns of table {op.target}" if at.existed(op) else ""
    elif isinstance(op, o.AlterColumn) and (op.collates or (op.restated and _NAMED.search(at.text))):
        what = f"column {op.target}.{op.column}" if at.column_existed(op, op.column) else ""
    else:
        return None
    if not what:
        return None
    return Problem(
        message=(
            f"changes the collation of {what}: its order, and what a unique key takes for"
            " equal, change under the running code"
        ),
        remedy="add a column of the new collation and fill it in a data migration",
    )


RULE = Rule(
    id="change-collation",
    find=_find,
    family=Family.OLD_CODE,
    phases=WARNS_EVERYWHERE,
    source="reasoning: running code was written for the old order",
)
