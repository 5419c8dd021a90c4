"""add-column-volatile-default: a column is added whose default differs from row to row.

Effect: the server computes it for every row: it writes the table anew under ACCESS EXCLUSIVE (PostgreSQL), copies it
while nobody writes, or gives every row the same value (MySQL, MariaDB).
Remedy: add it without a default, then set the default, then fill the rows in a data migration.

Bad:   ALTER TABLE orders ADD COLUMN token uuid DEFAULT gen_random_uuid()
Good:  ALTER TABLE orders ADD COLUMN token uuid

Source: PostgreSQL manual, ALTER TABLE (notes); MySQL manual, "Data Type Default Values".
"""

from __future__ import annotations

from migrator.check.planned import refused_by_planner
from migrator.check.rule import BLOCKS_EVERYWHERE, Family, Rule

RULE = Rule(
    id="add-column-volatile-default",
    family=Family.LOCK,
    find=refused_by_planner("add-column-volatile-default"),
    phases=BLOCKS_EVERYWHERE,
)
