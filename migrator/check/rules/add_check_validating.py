"""add-check-validating: SQL text adds a check and verifies its rows in the same statement.

Effect: the table is scanned under ACCESS EXCLUSIVE: nobody reads or writes it.
Remedy: NOT VALID, then VALIDATE CONSTRAINT in a transaction of its own; ``op.create_check_constraint`` does that by
itself.

Bad:   ALTER TABLE orders ADD CONSTRAINT qty_above CHECK (qty > 0)
Good:  ALTER TABLE orders ADD CONSTRAINT qty_above CHECK (qty > 0) NOT VALID

Source: PostgreSQL manual, ALTER TABLE (notes); the planner refuses it at run time too.
"""

from __future__ import annotations

from migrator.check.planned import refused_by_planner
from migrator.check.rule import BLOCKS_EVERYWHERE, POSTGRESQL, Family, Rule

RULE = Rule(
    id="add-check-validating",
    family=Family.LOCK,
    find=refused_by_planner("add-check-validating"),
    phases=BLOCKS_EVERYWHERE,
    dialects=POSTGRESQL,
)
