"""add-foreign-key-validating: SQL text adds a foreign key and checks its rows in the same statement.

Effect: all rows are checked under SHARE ROW EXCLUSIVE on both tables: nobody writes either of them.
Remedy: NOT VALID, then VALIDATE CONSTRAINT in a transaction of its own; ``op.create_foreign_key`` does that by itself.

Bad:   ALTER TABLE orders ADD CONSTRAINT orders_user FOREIGN KEY (user_id) REFERENCES users (id)
Good:  ALTER TABLE orders ADD CONSTRAINT orders_user FOREIGN KEY (user_id) REFERENCES users (id) NOT VALID

Source: PostgreSQL manual, ALTER TABLE (notes); the planner refuses it at run time too.
"""

from __future__ import annotations

from migrator.check.planned import refused_by_planner
from migrator.check.rule import BLOCKS_EVERYWHERE, POSTGRESQL, Family, Rule

RULE = Rule(
    id="add-foreign-key-validating",
    family=Family.LOCK,
    find=refused_by_planner("add-foreign-key-validating"),
    phases=BLOCKS_EVERYWHERE,
    dialects=POSTGRESQL,
)
