"""refresh-matview-not-concurrently: a materialized view is refreshed the plain way.

Effect: ACCESS EXCLUSIVE on the view until its query has run: nobody reads it.
Remedy: REFRESH MATERIALIZED VIEW CONCURRENTLY, which needs a unique index of the view.

Bad:   REFRESH MATERIALIZED VIEW totals
Good:  REFRESH MATERIALIZED VIEW CONCURRENTLY totals

Source: PostgreSQL manual, REFRESH MATERIALIZED VIEW:
https://www.postgresql.org/docs/current/sql-refreshmaterializedview.html
"""

from __future__ import annotations

from migrator.check.rule import BLOCKS_EVERYWHERE, POSTGRESQL, Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o


def _find(op: o.Operation, at: Situation) -> Problem | None:
    if not isinstance(op, o.Act) or op.kind is not o.ActKind.REFRESH or op.concurrently:
        return None
    if (o.ObjectKind.MATERIALIZED_VIEW, op.schema, op.table) in at.made.objects:
        return None
    empty = "; afterwards it holds nothing, and reading it is an error" if op.other else ""
    return Problem(
        message=f"fills materialized view {op.target} under ACCESS EXCLUSIVE: nobody reads it meanwhile{empty}",
        remedy=f"REFRESH MATERIALIZED VIEW CONCURRENTLY {op.target}",
        source=at.traits.lock_source,
    )


RULE = Rule(
    id="refresh-matview-not-concurrently", family=Family.LOCK, find=_find, phases=BLOCKS_EVERYWHERE, dialects=POSTGRESQL
)
