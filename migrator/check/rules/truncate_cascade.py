"""truncate-cascade: a TRUNCATE empties every table that refers to the named one.

Effect: tables that the revision doesn't name lose all rows, and their own children with them, each under ACCESS
EXCLUSIVE.
Remedy: name the tables, each in a TRUNCATE of the list; better, delete in batches.

Bad:              op.execute("TRUNCATE users CASCADE")
Good (contract):  op.execute("TRUNCATE orders")

Source: PostgreSQL manual, TRUNCATE: https://www.postgresql.org/docs/current/sql-truncate.html
"""

from __future__ import annotations

from migrator.check.rule import BLOCKS_EVERYWHERE, POSTGRESQL, Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o


def _find(op: o.Operation, at: Situation) -> Problem | None:
    if not isinstance(op, o.Truncate) or not op.cascade or not at.existed(op):
        return None
    return Problem(
        message=f"empties table {op.target} and every table whose foreign keys lead to it, all under ACCESS EXCLUSIVE",
        remedy=f"name each of them:  TRUNCATE {op.target}, ...",
    )


RULE = Rule(
    id="truncate-cascade",
    find=_find,
    family=Family.DESTRUCTIVE,
    phases=BLOCKS_EVERYWHERE,
    dialects=POSTGRESQL,
    source="PostgreSQL manual, TRUNCATE: https://www.postgresql.org/docs/current/sql-truncate.html",
)
