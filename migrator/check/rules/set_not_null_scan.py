"""set-not-null-scan: SQL text sets NOT NULL where nothing proves that no row is NULL.

Effect: the table is scanned under ACCESS EXCLUSIVE: nobody reads or writes it.  ``op.alter_column`` is no finding: the
executor proves it with a check by itself.
Remedy: a check NOT VALID, its validation, SET NOT NULL, and the check dropped, each in a transaction of its own.

Bad:   ALTER TABLE users ALTER COLUMN state SET NOT NULL
Good:  ALTER TABLE users ADD CONSTRAINT state_there CHECK (state IS NOT NULL) NOT VALID

Source: PostgreSQL manual, ALTER TABLE (notes); the planner refuses it at run time too.
"""

from __future__ import annotations

from migrator.check.planned import refused_by_planner
from migrator.check.rule import BLOCKS_EVERYWHERE, POSTGRESQL, Family, Rule

RULE = Rule(
    id="set-not-null-scan",
    family=Family.LOCK,
    find=refused_by_planner("set-not-null-scan"),
    phases=BLOCKS_EVERYWHERE,
    dialects=POSTGRESQL,
)
