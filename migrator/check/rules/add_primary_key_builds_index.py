"""add-primary-key-builds-index: a primary key on a table that existed before.

Effect: running code may write duplicates and NULL, as it could until now, and gets an error.  The server builds the
index and scans for NULL under the table's strongest lock, or rebuilds the table; on PostgreSQL the executor builds it
concurrently for Alembic's operation, and the finding is about old code alone.
Remedy: contract.

Bad (expand):     op.execute("ALTER TABLE users ADD PRIMARY KEY (id)")
Good (contract):  op.create_primary_key("users_pkey", "users", ["id"])

Source: the manual of the server on ALTER TABLE; a table created in the same revision is exempt.
"""

from __future__ import annotations

from migrator.check.pasting import call, in_contract
from migrator.check.rule import Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o


def _find(op: o.Operation, at: Situation) -> Problem | None:
    if not isinstance(op, o.AddConstraint) or op.kind is not o.ConstraintKind.PRIMARY_KEY or not at.existed(op):
        return None
    if at.takes_ready_index(op):
        return None
    online = at.built_online(_ID)
    lock = "" if online else f"; builds the index under {at.traits.table_lock}"
    return Problem(
        message=(
            f"adds a primary key to table {op.target}: running code that writes a duplicate or NULL gets an error{lock}"
        ),
        remedy=in_contract(call("create_primary_key", op.name or None, op.table, op.columns, schema=op.schema)),
        family=Family.OLD_CODE if online else None,
    )


_ID = "add-primary-key-builds-index"
RULE = Rule(id=_ID, family=Family.LOCK, find=_find)
