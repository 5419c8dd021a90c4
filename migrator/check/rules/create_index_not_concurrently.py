"""create-index-not-concurrently: an index on a table that existed before, built the plain way where an online one is.

Effect: SHARE lock: nobody writes the table while the index is built.
Remedy: build it concurrently, in an autocommit block.

Bad:   op.create_index("ix_users_email", "users", ["email"])
Good:  with op.get_context().autocommit_block():
           op.create_index("ix_users_email", "users", ["email"], postgresql_concurrently=True)

Source: PostgreSQL manual, CREATE INDEX; a table created in the same revision is exempt.
"""

from __future__ import annotations

from migrator.check.pasting import Code, call
from migrator.check.rule import Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o
from migrator.model.finding import Severity
from migrator.model.phase import Phase


def _find(op: o.Operation, at: Situation) -> Problem | None:
    if not isinstance(op, o.CreateIndex) or not at.traits.index_build_stops_writes:
        return None
    if op.concurrently or not at.existed(op):
        return None
    option, _, value = at.traits.online_index_option.partition("=")
    unique = {"unique": True} if op.unique else {}
    code = call(
        "create_index", op.name or None, op.table, op.columns, schema=op.schema, **unique, **{option: Code(value)}
    )
    return Problem(
        message=(
            f"builds index {op.name or 'on ' + ', '.join(op.columns)} of table {op.target} under a SHARE lock: nobody"
            " writes the table until it is built"
        ),
        remedy=f"build it online:  with op.get_context().autocommit_block(): {code}",
        source=at.traits.lock_source,
    )


RULE = Rule(
    id="create-index-not-concurrently",
    family=Family.LOCK,
    find=_find,
    phases={Phase.EXPAND: Severity.WARNING},
)
