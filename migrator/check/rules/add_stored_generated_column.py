"""add-stored-generated-column: a generated column whose values are stored is added to a table that existed before.

Effect: the server computes the value of every row: it writes the table anew under ACCESS EXCLUSIVE (PostgreSQL), or
copies it while nobody writes (MySQL, MariaDB).
Remedy: a plain column that a trigger and a data migration fill, or a virtual one (MySQL, MariaDB, PostgreSQL 18).

Bad:   ALTER TABLE orders ADD COLUMN total int GENERATED ALWAYS AS (qty * price) STORED
Good:  ALTER TABLE orders ADD COLUMN total int

Source: PostgreSQL manual, Generated Columns; MySQL manual, "Online DDL Operations".
"""

from __future__ import annotations

from migrator.check.planned import refused_by_planner
from migrator.check.rule import BLOCKS_EVERYWHERE, Family, Rule

RULE = Rule(
    id="add-stored-generated-column",
    family=Family.LOCK,
    find=refused_by_planner("add-stored-generated-column"),
    phases=BLOCKS_EVERYWHERE,
)
