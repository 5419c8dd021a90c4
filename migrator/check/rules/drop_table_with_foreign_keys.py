"""drop-table-with-foreign-keys: a table with foreign keys is dropped in one go.

Effect: ACCESS EXCLUSIVE on it and on every table that it refers to, at once: traffic on all of them waits, and two such
drops can lock each other out.
Remedy: drop each foreign key in a transaction of its own, then the table.

Bad (contract):   DROP TABLE posts
Good (contract):  ALTER TABLE posts DROP CONSTRAINT fk_posts_user; DROP TABLE posts

Source: tried on PostgreSQL 14 to 18: DROP TABLE locks the tables that its foreign keys refer to.
"""

from __future__ import annotations

from migrator.check.rule import POSTGRESQL, Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o
from migrator.model.finding import Severity
from migrator.model.phase import Phase


def _find(op: o.Operation, at: Situation) -> Problem | None:
    table = at.table(op) if isinstance(op, o.DropTable) and at.existed(op) and at.in_file else None
    if table is None or not isinstance(op, o.DropTable):
        return None
    parents = sorted({str(one["referred_table"]) for one in table.foreign_keys} - {op.table})
    if not parents:
        return None
    return Problem(
        message=f"drops table {op.target} with its foreign keys: ACCESS EXCLUSIVE on {', '.join(parents)} too, at once",
        remedy="drop each foreign key in a transaction of its own first, each with a lock timeout",
        source=at.traits.lock_source,
    )


RULE = Rule(
    id="drop-table-with-foreign-keys",
    find=_find,
    family=Family.LOCK,
    phases={Phase.CONTRACT: Severity.WARNING},
    dialects=POSTGRESQL,
    momentary=True,
)
