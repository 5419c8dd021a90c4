"""enable-row-security: row security is switched on for a table that existed before, or gets a policy.

Effect: where it is switched on, running code sees and writes no row that no policy allows; a policy alone changes what
is allowed where it is on already, and is a warning.
Remedy: make the policies first, look at every role that connects, and switch it on in contract.

Bad:   ALTER TABLE orders ENABLE ROW LEVEL SECURITY
Good:  CREATE TABLE orders_2 (id bigint);  ALTER TABLE orders_2 ENABLE ROW LEVEL SECURITY

Source: PostgreSQL manual, Row Security Policies: https://www.postgresql.org/docs/current/ddl-rowsecurity.html
"""

from __future__ import annotations

from migrator.check.pasting import call, in_contract
from migrator.check.rule import POSTGRESQL, Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o
from migrator.model.finding import Severity


def _find(op: o.Operation, at: Situation) -> Problem | None:
    if not isinstance(op, o.Act) or not at.existed(op):
        return None
    if op.kind is o.ActKind.CREATE_POLICY:
        return Problem(
            message=(
                f"puts policy {op.other} on table {op.target}: where row security is on, it changes what code may see"
            ),
            remedy="look at every role that connects, and allow it by name with the reason",
            severity=None if op.always and _is_on(op, at) else Severity.WARNING,
        )
    if op.kind is not o.ActKind.ROW_SECURITY:
        return None
    return Problem(
        message=f"switches row security of table {op.target} on: running code sees no row that no policy allows",
        remedy=in_contract(call("execute", f"ALTER TABLE {op.target} ENABLE ROW LEVEL SECURITY")),
    )


def _is_on(op: o.Act, at: Situation) -> bool:
    """Whether row security of the table is known to be on."""
    table = at.table(op)
    return table is not None and "row-security" in table.options.split()


RULE = Rule(id="enable-row-security", family=Family.OLD_CODE, find=_find, dialects=POSTGRESQL)
