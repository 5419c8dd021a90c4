"""add-column-constrained-domain: a column is added whose type is a domain with a constraint.

Effect: the constraint is checked for every row, so the server writes the table anew under ACCESS EXCLUSIVE.
Remedy: the domain's base type, then a check NOT VALID, then its validation.

Bad:   ALTER TABLE orders ADD COLUMN rank positive_integer
Good:  ALTER TABLE orders ADD COLUMN rank integer

Source: PostgreSQL: measured on 14, 15 and 18.
"""

from __future__ import annotations

from migrator.check.planned import refused_by_planner
from migrator.check.rule import BLOCKS_EVERYWHERE, POSTGRESQL, Family, Rule

RULE = Rule(
    id="add-column-constrained-domain",
    family=Family.LOCK,
    find=refused_by_planner("add-column-constrained-domain"),
    phases=BLOCKS_EVERYWHERE,
    dialects=POSTGRESQL,
)
