"""add-unique-builds-index: a unique constraint over a new, empty column of a table that existed before.

Effect: old code writes NULL there and breaks nothing (else it is add-unique-old-writers), but the server builds the
constraint's index, and scans the whole table for that, under the table's strongest lock.
Remedy: the column first, then a unique index built concurrently.

Bad:   op.add_column("users", sa.Column("x", sa.Integer, unique=True))
Good:  op.add_column("users", sa.Column("x", sa.Integer)), and in the next revision
       with op.get_context().autocommit_block():
           op.create_index("uq_users_x", "users", ["x"], unique=True, postgresql_concurrently=True)

Source: PostgreSQL manual, ALTER TABLE and explicit locking; a table created in the same revision is exempt.
"""

from __future__ import annotations

from migrator.check.pasting import Code, call
from migrator.check.rule import Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o
from migrator.model.finding import Severity
from migrator.model.phase import Phase


def _find(op: o.Operation, at: Situation) -> Problem | None:
    if not isinstance(op, o.AddConstraint) or op.kind is not o.ConstraintKind.UNIQUE or not at.existed(op):
        return None
    if not at.traits.index_build_stops_writes or not at.only_new_empty_columns(op, op.columns):
        return None
    option, _, value = at.traits.online_index_option.partition("=")
    name = op.name or f"uq_{op.table}_{'_'.join(op.columns)}"
    code = call("create_index", name, op.table, op.columns, schema=op.schema, unique=True, **{option: Code(value)})
    return Problem(
        message=(
            f"makes {', '.join(op.columns)} of table {op.target} unique: the index is built over the whole table under"
            f" {at.traits.table_lock}"
        ),
        remedy=f"a unique index in a revision of its own:  with op.get_context().autocommit_block(): {code}",
    )


RULE = Rule(
    id="add-unique-builds-index",
    family=Family.LOCK,
    find=_find,
    phases={Phase.EXPAND: Severity.WARNING},
)
