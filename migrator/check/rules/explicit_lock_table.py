"""explicit-lock-table: a revision locks a table by hand.

Effect: the lock lasts until the revision ends, and running code waits for all of it.
Remedy: take it out; the runner takes what it needs with a lock timeout.

Bad:   op.execute("LOCK TABLE users")
Good:  op.add_column("users", sa.Column("nick", sa.Text()))   # it takes the lock that it needs, for a moment

Source: the manual of the server on locks; a table created in the same revision is exempt.
"""

from __future__ import annotations

from migrator.check.rule import Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o


def _find(op: o.Operation, at: Situation) -> Problem | None:
    if not isinstance(op, o.LockTable) or op.rows or not at.existed(op):
        return None
    return Problem(
        message=f"locks table {op.target} by hand until the revision ends: running code waits for all of it",
        remedy="take the LOCK out: every statement takes its own lock, with a timeout",
        source=at.traits.lock_source,
    )


RULE = Rule(id="explicit-lock-table", family=Family.LOCK, momentary=True, find=_find)
