"""add-unique-builds-index: SQL text that makes a new, empty column of a table that existed before unique.

Effect: old code writes NULL there and breaks nothing (else it is add-unique-old-writers), but the server builds the
constraint's index, and scans the whole table for that, under the table's strongest lock.  Alembic's operations are no
finding: the executor builds the index concurrently and makes the constraint of it.
Remedy: Alembic's operation.

Bad:   op.execute("ALTER TABLE users ADD COLUMN x integer UNIQUE")
Good:  op.add_column("users", sa.Column("x", sa.Integer, unique=True))

Source: PostgreSQL manual, ALTER TABLE, ADD table_constraint_using_index.
"""

from __future__ import annotations

from migrator.check.pasting import call
from migrator.check.rule import POSTGRESQL, Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o


def _find(op: o.Operation, at: Situation) -> Problem | None:
    if not isinstance(op, o.AddConstraint) or op.kind is not o.ConstraintKind.UNIQUE or not at.existed(op):
        return None
    if not at.raw or not at.traits.index_build_stops_writes or not at.only_new_empty_columns(op, op.columns):
        return None
    name = op.name or f"uq_{op.table}_{'_'.join(op.columns)}"
    return Problem(
        message=(
            f"makes {', '.join(op.columns)} of table {op.target} unique: the index is built over the whole table under"
            f" {at.traits.table_lock}"
        ),
        remedy=f"use the operation, which is built online:  "
        f"{call('create_unique_constraint', name, op.table, op.columns, schema=op.schema)}",
    )


RULE = Rule(id="add-unique-builds-index", family=Family.LOCK, find=_find, dialects=POSTGRESQL)
