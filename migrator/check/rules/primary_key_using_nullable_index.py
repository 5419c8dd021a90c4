"""primary-key-using-nullable-index: a primary key takes over an index over a column that may be NULL.

Effect: the server sets the column NOT NULL in the same statement, and looks at every row for it under ACCESS EXCLUSIVE.
Remedy: NOT NULL first, by a check that is validated beforehand. In expand, add-primary-key-builds-index tells the same.

Bad (contract):   op.execute("ALTER TABLE users ADD PRIMARY KEY USING INDEX users_code")
Good (contract):  op.alter_column("users", "code", nullable=False)
       op.execute("ALTER TABLE users ADD PRIMARY KEY USING INDEX users_code")

Source: PostgreSQL manual, ALTER TABLE: https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from migrator.check.pasting import Code, call
from migrator.check.rule import POSTGRESQL, Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o
from migrator.model.finding import Severity
from migrator.model.phase import Phase


def _find(op: o.Operation, at: Situation) -> Problem | None:
    if not isinstance(op, o.AddConstraint) or op.kind is not o.ConstraintKind.PRIMARY_KEY or not op.takes:
        return None
    if not at.existed(op) or at.takes_ready_index(op):
        return None
    return Problem(
        message=(
            f"makes index {op.takes} the primary key of table {op.target}, and a column of it isn't known to refuse"
            " NULL: the server looks at every row under ACCESS EXCLUSIVE"
        ),
        remedy=call("alter_column", op.table, Code("..."), nullable=False, schema=op.schema) + "  before it",
        sql=f"ALTER TABLE {op.target} ALTER COLUMN ... SET NOT NULL, behind a validated check, before it",
    )


RULE = Rule(
    id="primary-key-using-nullable-index",
    find=_find,
    family=Family.LOCK,
    phases={Phase.CONTRACT: Severity.WARNING},
    dialects=POSTGRESQL,
)
