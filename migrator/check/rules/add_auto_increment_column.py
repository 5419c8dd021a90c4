"""add-auto-increment-column: a column that numbers its rows is added to a table that existed before.

Effect: serial, identity or AUTO_INCREMENT give every row a number: the server writes the table anew
under a lock that keeps writers out.
Remedy: a nullable column with the sequence as its default, then a data migration for the rows that are there.

Bad:   ALTER TABLE orders ADD COLUMN number bigserial
Good:  ALTER TABLE orders ADD COLUMN number bigint

Source: PostgreSQL manual, ALTER TABLE (notes); MySQL manual, "Online DDL Operations".
"""

from __future__ import annotations

from migrator.check.planned import refused_by_planner
from migrator.check.rule import BLOCKS_EVERYWHERE, Family, Rule

RULE = Rule(
    id="add-auto-increment-column",
    family=Family.LOCK,
    find=refused_by_planner("add-auto-increment-column"),
    phases=BLOCKS_EVERYWHERE,
)
