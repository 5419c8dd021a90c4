"""access-exclusive-on-multiple-tables: a transaction of a file changes several tables that are in use.

Effect: the lock of the first is held while the second waits for its own: traffic on both stops, and two sessions that
lock them in another order end each other.
Remedy: a transaction for each table.

Bad:   ALTER TABLE users ADD COLUMN a int; ALTER TABLE orders ADD COLUMN b int
Good:  BEGIN; ALTER TABLE users ADD COLUMN a int; COMMIT; BEGIN; ALTER TABLE orders ADD COLUMN b int; COMMIT

Source: PostgreSQL manual, Explicit Locking: https://www.postgresql.org/docs/current/explicit-locking.html
"""

from __future__ import annotations

from migrator.check.rule import POSTGRESQL, WARNS_EVERYWHERE, Family, Problem, Rule
from migrator.check.situation import STRONG, Situation
from migrator.model import operation as o


def _find(op: o.Operation, at: Situation) -> Problem | None:
    if not isinstance(op, STRONG) or not at.goes_on or not at.existed(op):
        return None
    others = sorted(name for schema, name in at.made.held - {(op.schema, op.table)})
    if not others:
        return None
    return Problem(
        message=(
            f"locks table {op.target} in a transaction that holds the lock of {', '.join(others)}: while it waits,"
            " traffic on all of them stops"
        ),
        remedy="COMMIT between the tables",
        source=at.traits.lock_source,
    )


RULE = Rule(
    id="access-exclusive-on-multiple-tables",
    find=_find,
    family=Family.LOCK,
    phases=WARNS_EVERYWHERE,
    dialects=POSTGRESQL,
    momentary=True,
)
