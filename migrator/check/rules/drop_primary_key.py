"""drop-primary-key: the primary key of a table that existed before goes away.

Effect: replication and ON CONFLICT lose their key, duplicates become possible; MySQL and MariaDB rebuild the table.
Remedy: contract.

Bad (expand):     op.drop_constraint("users_pkey", "users", type_="primary")
Good (contract):  op.drop_constraint("users_pkey", "users", type_="primary")

Source: the manual of the server on ALTER TABLE; a table created in the same revision is exempt.
"""

from __future__ import annotations

from migrator.check.pasting import call, in_contract
from migrator.check.rule import Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o


def _find(op: o.Operation, at: Situation) -> Problem | None:
    if not isinstance(op, o.DropConstraint) or op.kind is not o.ConstraintKind.PRIMARY_KEY or not at.existed(op):
        return None
    if any(isinstance(one, o.AddConstraint) and one.takes and one.kind is op.kind for one in at.statement):
        # The same statement makes another index the key.
        return None
    return Problem(
        message=(
            f"drops the primary key of table {op.target}: running code may write duplicates and loses its ON CONFLICT"
            f" target; takes {at.traits.table_lock}"
        ),
        remedy=in_contract(call("drop_constraint", op.name or None, op.table, type_="primary", schema=op.schema)),
    )


RULE = Rule(id="drop-primary-key", family=Family.OLD_CODE, find=_find)
