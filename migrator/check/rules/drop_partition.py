"""drop-partition: a partition that existed before goes away, or is no longer part of its table.

Effect: running code no longer finds its rows in the table, and where it is dropped they are lost.
Remedy: contract, when no code asks for its rows any more.

Bad:   ALTER TABLE events DROP PARTITION p2020
Good:  ALTER TABLE events ADD PARTITION (PARTITION p2027 VALUES LESS THAN (2028))

Source: reasoning: code that runs beside expand may still read the rows.
"""

from __future__ import annotations

from migrator.check.pasting import call, in_contract
from migrator.check.rule import Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o

_VERBS = {
    o.ActKind.DETACH_PARTITION: "detaches partition",
    o.ActKind.DROP_PARTITION: "drops partition",
    o.ActKind.LEAVE_PARENT: "takes the child",
}


def _find(op: o.Operation, at: Situation) -> Problem | None:
    kinds = tuple(_VERBS)
    if not isinstance(op, o.Act) or op.kind not in kinds or not at.existed(op):
        return None
    if (op.other_schema, op.other) in at.made.tables or any(_comes_back(op, one) for one in at.rest()):
        return None
    return Problem(
        message=f"{_VERBS[op.kind]} {op.other} of table {op.target}: running code no longer finds its rows there",
        remedy=in_contract(call("execute", f"ALTER TABLE {op.target} ... PARTITION {op.other}")),
        source="reasoning: code that runs beside expand may still read the rows",
    )


def _comes_back(op: o.Act, later: o.Operation) -> bool:
    """Whether INHERIT in the same transaction makes it a child of the same table again."""
    if op.kind is not o.ActKind.LEAVE_PARENT or not isinstance(later, o.Act):
        return False
    joins = later.kind is o.ActKind.ALTER_CATALOGUE and (later.schema, later.table) == (op.other_schema, op.other)
    return joins and (later.other_schema, later.other) == (op.schema, op.table)


RULE = Rule(
    id="drop-partition",
    family=Family.DESTRUCTIVE,
    find=_find,
)
