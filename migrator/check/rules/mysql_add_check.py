"""mysql-add-check: a check that is enforced is added or switched on.

Effect: the server copies the table, since all rows are checked, and keeps writers out until it is copied.
Remedy: refuse wrong rows with triggers, or add the check with a new table.

Bad:   ALTER TABLE orders ADD CONSTRAINT qty_above CHECK (qty > 0)
Good:  CREATE TABLE orders_2 (id int PRIMARY KEY, qty int CHECK (qty > 0))

Source: MySQL manual 8.4, "Online DDL Operations"; MariaDB manual, "InnoDB Online DDL Overview"; run on 9.7 and 10.11.
"""

from __future__ import annotations

from migrator.check.planned import refused_by_planner
from migrator.check.rule import BLOCKS_EVERYWHERE, MYSQL_AND_MARIADB, Family, Rule

RULE = Rule(
    id="mysql-add-check",
    family=Family.LOCK,
    find=refused_by_planner("mysql-add-check"),
    phases=BLOCKS_EVERYWHERE,
    dialects=MYSQL_AND_MARIADB,
)
