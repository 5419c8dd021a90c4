"""revoke-privilege: somebody loses a privilege or an owner's rights.

Effect: running code that connects as that role fails at once.  Another owner of a type or a routine takes no right to
use it away, and is a warning.
Remedy: contract.

Bad (expand):     op.execute("REVOKE SELECT ON users FROM app")
Good (contract):  op.execute("REVOKE SELECT ON users FROM app")

Source: reasoning; what is created in the same revision is exempt.
"""

from __future__ import annotations

from migrator.check.pasting import call, in_contract
from migrator.check.rule import Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o
from migrator.model.finding import Severity


def _find(op: o.Operation, at: Situation) -> Problem | None:
    if not isinstance(op, o.Revoke) or _is_new(op, at):
        return None
    return Problem(
        message=f"takes rights on {op.what} away: running code that connects with them fails at once",
        remedy=in_contract(call("execute", "REVOKE ...")),
        severity=Severity.WARNING if op.ownership else None,
    )


def _is_new(op: o.Revoke, at: Situation) -> bool:
    """Whether it was made in the same revision, under whichever kind its name stands."""
    if op.kind is not None:
        return (op.kind, op.schema, op.table) in at.made.objects
    kinds = (o.ObjectKind.VIEW, o.ObjectKind.MATERIALIZED_VIEW, o.ObjectKind.SEQUENCE)
    return (op.schema, op.table) in at.made.tables or any(
        (kind, op.schema, op.table) in at.made.objects for kind in kinds
    )


RULE = Rule(
    id="revoke-privilege",
    family=Family.OLD_CODE,
    find=_find,
    source="reasoning: code that runs beside expand connects with these rights",
)
