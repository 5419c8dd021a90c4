"""add-exclusion-constraint: an exclusion constraint on a table that existed before.

Effect: its index is built under ACCESS EXCLUSIVE: nobody reads or writes the table.  It has no online form.
Remedy: a new table that has the constraint, and a data migration that moves the rows.

Bad:   ALTER TABLE rooms ADD CONSTRAINT no_overlap EXCLUDE USING gist (room WITH =, during WITH &&)
Good:  CREATE TABLE rooms_2 (room int4range, during tsrange, EXCLUDE USING gist (room WITH =, during WITH &&))

Source: PostgreSQL manual, ALTER TABLE (notes); the planner refuses it at run time too.
"""

from __future__ import annotations

from migrator.check.planned import refused_by_planner
from migrator.check.rule import BLOCKS_EVERYWHERE, POSTGRESQL, Family, Rule

RULE = Rule(
    id="add-exclusion-constraint",
    family=Family.LOCK,
    find=refused_by_planner("add-exclusion-constraint"),
    phases=BLOCKS_EVERYWHERE,
    dialects=POSTGRESQL,
)
