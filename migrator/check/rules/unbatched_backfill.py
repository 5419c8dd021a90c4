"""unbatched-backfill: rows of a table that existed before are changed in a schema revision.

Effect: one statement locks every row that it touches until the revision ends, and running code waits or meets values
that it doesn't expect.
Remedy: a data migration: small batches, resumable, beside traffic.

Bad:   op.execute("UPDATE users SET full_name = name")
Good:  migrations/data/...: migrator.UpdateMigration(name="full_name", table=users, set={...}, where=...)

Source: reasoning; exempt are a table created in the same revision, rows that stand in the statement (VALUES), unless
it is sent once for each row that a query finds, and a WHERE that gives the whole primary key written values.
"""

from __future__ import annotations

from migrator.check.rule import Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o
from migrator.model.finding import Severity
from migrator.model.phase import Phase


def _find(op: o.Operation, at: Situation) -> Problem | None:
    if not isinstance(op, o.ChangeRows) or not at.existed(op) or at.has_whole_key(op, op.keyed_by):
        return None
    if op.listed and (at.in_file or op.change is not o.RowChange.COPY):
        # Behind COPY in a file stand its rows; a revision's come from wherever it reads them.
        return None
    every = " every row of it in one statement," if _whole(op) else ""
    return Problem(
        message=(
            f"changes rows of table {op.target} ({op.change}):{every} row locks last until the revision ends, and"
            " running code waits for them or meets what it doesn't expect"
        ),
        remedy=(
            f'move it to migrations/data/:  migrator.UpdateMigration(name="{op.table}", table={op.table}, set={{...}},'
            " where=...)"
        ),
        condition="the rows that it changes: taken for many",
    )


def _whole(op: o.ChangeRows) -> bool:
    return op.change in (o.RowChange.UPDATE, o.RowChange.DELETE) and not op.bounded


RULE = Rule(
    id="unbatched-backfill",
    family=Family.LOCK,
    find=_find,
    source="reasoning: schema revisions run in one transaction, data migrations in batches",
    phases={Phase.EXPAND: Severity.ERROR, Phase.CONTRACT: Severity.WARNING},
)
