"""drop-default: a column that existed before loses its server default.

Effect: running code that leaves the column out gets NULL, or an error where it is NOT NULL.  On MySQL and MariaDB an
ALTER that restates the column and omits its default drops it too.  MySQL's DROP DEFAULT takes the NULL too that a
column without a default has, so that an INSERT without the column fails.
Remedy: drop the default in contract; on MySQL and MariaDB name it: existing_server_default=...

Bad (expand):     op.alter_column("users", "state", server_default=None)
Good (contract):  op.alter_column("users", "state", server_default=None)

Source: the manual of the server on ALTER TABLE; a column added in the same revision counts too: old code leaves it out.
"""

from __future__ import annotations

from migrator.check.pasting import Code, call, in_contract
from migrator.check.rule import Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o
from migrator.model.finding import Severity


def _find(op: o.Operation, at: Situation) -> Problem | None:
    if not isinstance(op, o.AlterColumn) or not at.existed(op):
        return None
    if op.restated and not at.fills_itself(op):
        return None
    if at.has_no_default(op) and not (at.traits.drops_implicit_null and op.default is o.DefaultChange.DROPPED):
        return None
    if op.default is o.DefaultChange.NO_EXPRESSION:
        return Problem(
            message=(
                f"makes the generated column {op.target}.{op.column} a plain one: rows that running code writes from"
                " now on have NULL there"
            ),
            remedy="fill it with a trigger, or leave it generated until no old code is left",
            severity=Severity.WARNING,
        )
    added = at.made.columns.get((op.schema, op.table, op.column))
    if added is not None and added.nullable:
        return None
    if op.default is o.DefaultChange.DROPPED:
        return Problem(
            message=(
                f"drops the default of column {op.target}.{op.column}: running code that leaves the column out gets"
                " NULL or an error"
            ),
            remedy=in_contract(call("alter_column", op.table, op.column, server_default=None, schema=op.schema)),
        )
    if op.default is o.DefaultChange.LOST:
        keep = {"existing_server_default": Code("...")}
        return Problem(
            message=(
                f"restates column {op.target}.{op.column} without its default, which is lost by that: running code that"
                " leaves the column out gets NULL or an error"
            ),
            remedy=f"name the default that stays:  "
            f"{call('alter_column', op.table, op.column, Code('...'), schema=op.schema, **keep)}",
        )
    return None


RULE = Rule(id="drop-default", family=Family.OLD_CODE, find=_find)
