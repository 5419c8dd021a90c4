"""invalid-index-left-behind: an index is built CONCURRENTLY and IF NOT EXISTS.

Effect: a build that fails leaves an index that is invalid; the next try finds the name taken and reports success, and
the index is never used.  Where a baseline (--schema) says that none of that name is there, it is a warning: only a try
after a failed one meets it.
Remedy: op.create_index, which the tool builds online, dropping an invalid one first.

Bad:   op.execute("CREATE INDEX CONCURRENTLY IF NOT EXISTS users_name ON users (name)")
Good:  op.create_index("users_name", "users", ["name"])

Source: PostgreSQL manual, CREATE INDEX: https://www.postgresql.org/docs/current/sql-createindex.html
"""

from __future__ import annotations

from migrator.check.pasting import call
from migrator.check.rule import BLOCKS_EVERYWHERE, POSTGRESQL, Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o
from migrator.model.finding import Severity


def _find(op: o.Operation, at: Situation) -> Problem | None:
    if not isinstance(op, o.CreateIndex) or not (op.concurrently and op.unless_exists) or not at.existed(op):
        return None
    if not at.raw:
        return None
    code = call("create_index", op.name or None, op.table, op.columns, schema=op.schema)
    return Problem(
        message=(
            f"builds index {op.name} of table {op.target} unless one of that name exists: an invalid one, which a"
            " failed build leaves behind, counts as there"
        ),
        remedy=f"use the operation, which rebuilds an invalid index:  {code}",
        sql=f"DROP INDEX CONCURRENTLY IF EXISTS {op.name};  then CREATE INDEX CONCURRENTLY without IF NOT EXISTS",
        severity=Severity.WARNING if at.before is not None and at.before.complete else None,
        source="PostgreSQL manual, CREATE INDEX: https://www.postgresql.org/docs/current/sql-createindex.html",
    )


RULE = Rule(
    id="invalid-index-left-behind",
    find=_find,
    family=Family.DATA,
    phases=BLOCKS_EVERYWHERE,
    dialects=POSTGRESQL,
)
