"""refresh-matview-with-no-data: a materialized view is emptied.

Effect: until it is filled again, every query of it is an error.
Remedy: REFRESH MATERIALIZED VIEW CONCURRENTLY.

Bad:   op.execute("REFRESH MATERIALIZED VIEW totals WITH NO DATA")
Good:  op.execute("REFRESH MATERIALIZED VIEW CONCURRENTLY totals")    # in an autocommit_block

Source: PostgreSQL manual, REFRESH MATERIALIZED VIEW.
"""

from __future__ import annotations

from migrator.check.rule import POSTGRESQL, Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o
from migrator.model.finding import Severity
from migrator.model.phase import Phase


def _find(op: o.Operation, at: Situation) -> Problem | None:
    if not isinstance(op, o.Act) or op.kind is not o.ActKind.REFRESH or not op.other:
        return None
    if (o.ObjectKind.MATERIALIZED_VIEW, op.schema, op.table) in at.made.objects:
        return None
    return Problem(
        message=f"empties materialized view {op.target}: every query of it fails until it is filled again",
        remedy=f"REFRESH MATERIALIZED VIEW CONCURRENTLY {op.target}",
    )


RULE = Rule(
    id="refresh-matview-with-no-data",
    find=_find,
    family=Family.DESTRUCTIVE,
    phases={Phase.EXPAND: Severity.ERROR, Phase.CONTRACT: Severity.WARNING},
    dialects=POSTGRESQL,
    source="PostgreSQL manual: https://www.postgresql.org/docs/current/sql-refreshmaterializedview.html",
)
