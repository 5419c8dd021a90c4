"""drop-foreign-key-locks-parent: dropping a foreign key locks the table that it refers to as well.

Effect: ACCESS EXCLUSIVE on both tables: while one waits for its lock, nobody reads the other.
Remedy: drop it alone, with a lock timeout; a column after its foreign key. In expand, drop-constraint tells the same.

Bad (contract):   ALTER TABLE posts DROP COLUMN user_id
Good (contract):  op.drop_constraint("fk_posts_user", "posts")

Source: tried on PostgreSQL 14 to 18: DROP CONSTRAINT of a foreign key locks the table that it refers to.
"""

from __future__ import annotations

from migrator.check.rule import POSTGRESQL, Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o
from migrator.model.finding import Severity
from migrator.model.phase import Phase


def _find(op: o.Operation, at: Situation) -> Problem | None:
    if not isinstance(op, o.DropColumn | o.DropConstraint) or not at.existed(op) or not at.in_file:
        return None
    parent = _parent(op, at)
    if not parent:
        return None
    return Problem(
        message=(
            f"drops a foreign key of table {op.target}, which takes ACCESS EXCLUSIVE on {parent} too: nobody reads"
            " either of them while it waits"
        ),
        remedy="SET lock_timeout = '2s' before it, in a transaction of its own, and again where it runs out",
        source=at.traits.lock_source,
    )


def _parent(op: o.DropColumn | o.DropConstraint, at: Situation) -> str:
    table = at.table(op)
    for key in [] if table is None else table.foreign_keys:
        gone = key["name"] == op.name if isinstance(op, o.DropConstraint) else op.column in key["constrained_columns"]
        if gone and key["referred_table"] != op.table:
            return str(key["referred_table"])
    return ""


RULE = Rule(
    id="drop-foreign-key-locks-parent",
    find=_find,
    family=Family.LOCK,
    phases={Phase.CONTRACT: Severity.WARNING},
    dialects=POSTGRESQL,
    momentary=True,
)
