"""inline-constraint-on-add-column: a column is added with a check, a key or a reference in the same statement.

Effect: the table is scanned, or an index is built, under the ACCESS EXCLUSIVE lock of ADD COLUMN: nobody reads or
writes it.
Remedy: the column first, then the constraint NOT VALID, then its validation, each in a statement of its own.

Bad:   ALTER TABLE orders ADD COLUMN rank int DEFAULT 1 CHECK (rank > 0)
Good:  ALTER TABLE orders ADD COLUMN rank int DEFAULT 1

Source: PostgreSQL manual, ALTER TABLE (notes); the planner refuses it at run time too.
"""

from __future__ import annotations

from migrator.check.planned import refused_by_planner
from migrator.check.rule import BLOCKS_EVERYWHERE, POSTGRESQL, Family, Rule

RULE = Rule(
    id="inline-constraint-on-add-column",
    family=Family.LOCK,
    find=refused_by_planner("inline-constraint-on-add-column"),
    phases=BLOCKS_EVERYWHERE,
    dialects=POSTGRESQL,
)
