"""change-column-type-rewrite: a change of a column's type that writes the table anew.

Effect: all rows and all indexes are written under ACCESS EXCLUSIVE: nobody reads or writes the table.
Remedy: a column of the new type, kept in step and filled by a data migration; the old one goes in contract.

Bad:   ALTER TABLE users ALTER COLUMN age TYPE bigint
Good:  ALTER TABLE users ADD COLUMN age_2 bigint

Source: PostgreSQL manual, ALTER TABLE (notes); the planner refuses it at run time too.
"""

from __future__ import annotations

from migrator.check.planned import refused_by_planner
from migrator.check.rule import BLOCKS_EVERYWHERE, POSTGRESQL, Family, Rule

RULE = Rule(
    id="change-column-type-rewrite",
    family=Family.LOCK,
    find=refused_by_planner("change-column-type-rewrite"),
    phases=BLOCKS_EVERYWHERE,
    dialects=POSTGRESQL,
)
