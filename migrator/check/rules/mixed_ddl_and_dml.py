"""mixed-ddl-and-dml: a transaction changes a table and then rows.

Effect: the strong lock of the table is held until the last row is changed: nobody reads or writes it meanwhile.
Remedy: rows in a data migration, or at least a transaction of their own. In expand, unbatched-backfill tells the same.

Bad (contract):   ALTER TABLE users DROP COLUMN name; UPDATE orders SET qty = 0 WHERE qty IS NULL
Good (contract):  BEGIN; ALTER TABLE users DROP COLUMN name; COMMIT; UPDATE orders SET qty = 0 WHERE qty IS NULL

Source: PostgreSQL manual, Explicit Locking: https://www.postgresql.org/docs/current/explicit-locking.html
"""

from __future__ import annotations

from migrator.check.rule import POSTGRESQL, Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o
from migrator.model.finding import Severity
from migrator.model.phase import Phase


def _find(op: o.Operation, at: Situation) -> Problem | None:
    if not isinstance(op, o.ChangeRows) or not at.existed(op):
        return None
    # Of a revision's statements, those that take a moment don't count.
    short = op.listed or at.has_whole_key(op, op.keyed_by)
    under = at.made.held if at.goes_on else set() if short else at.under
    if not under:
        return None
    held = ", ".join(sorted(name for schema, name in under))
    return Problem(
        message=f"changes rows of table {op.target} while the transaction holds the strong lock of {held}",
        remedy="COMMIT before it; better, a data migration in batches",
        source=at.traits.lock_source,
    )


RULE = Rule(
    id="mixed-ddl-and-dml",
    find=_find,
    family=Family.LOCK,
    phases={Phase.CONTRACT: Severity.ERROR},
    dialects=POSTGRESQL,
)
