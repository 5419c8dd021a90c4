"""drop-index-not-concurrently: SQL text drops an index the plain way.

Effect: ACCESS EXCLUSIVE on its table: readers and writers queue behind its wait.  ``op.drop_index`` is no finding.
Remedy: DROP INDEX CONCURRENTLY, outside a transaction.

Bad:   DROP INDEX ix_users_email
Good:  DROP INDEX CONCURRENTLY ix_users_email

Source: PostgreSQL manual, DROP INDEX: https://www.postgresql.org/docs/current/sql-dropindex.html
"""

from __future__ import annotations

from migrator.check.planned import refused_by_planner
from migrator.check.rule import BLOCKS_EVERYWHERE, POSTGRESQL, Family, Rule

RULE = Rule(
    id="drop-index-not-concurrently",
    family=Family.LOCK,
    find=refused_by_planner("drop-index-not-concurrently"),
    momentary=True,
    phases=BLOCKS_EVERYWHERE,
    dialects=POSTGRESQL,
)
