"""create-index-not-concurrently: SQL text that builds an index of a table that existed before, the plain way.

Effect: SHARE lock: nobody writes the table while the index is built.  ``op.create_index`` is no finding: the executor
builds it concurrently by itself.
Remedy: Alembic's operation.

Bad:   op.execute("CREATE INDEX ix_users_email ON users (email)")
Good:  op.create_index("ix_users_email", "users", ["email"])

Source: PostgreSQL manual, CREATE INDEX; a table created in the same revision is exempt.
"""

from __future__ import annotations

from migrator.check.pasting import call
from migrator.check.rule import POSTGRESQL, Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o


def _find(op: o.Operation, at: Situation) -> Problem | None:
    if not isinstance(op, o.CreateIndex) or not at.traits.index_build_stops_writes:
        return None
    if not at.raw or op.concurrently or not at.existed(op):
        return None
    table = at.table(op)
    if op.only and table is not None and table.partitioned:
        return None  # an index without rows, to which those of the partitions are attached
    unique = {"unique": True} if op.unique else {}
    code = call("create_index", op.name or None, op.table, op.columns, schema=op.schema, **unique)
    return Problem(
        message=(
            f"builds index {op.name or 'on ' + ', '.join(op.columns)} of table {op.target} under a SHARE lock: nobody"
            " writes the table until it is built"
        ),
        remedy=f"use the operation, which is built online:  {code}",
        source=at.traits.lock_source,
    )


RULE = Rule(id="create-index-not-concurrently", family=Family.LOCK, find=_find, dialects=POSTGRESQL)
