"""mysql-combined-alter-loses-instant: several changes in one ALTER TABLE that have no common online form.

Effect: the server takes the worst algorithm for all: it writes the table anew, or keeps writers out.
Remedy: one ALTER TABLE for each change, columns before indexes.

Bad:   ALTER TABLE orders ADD COLUMN a int, ADD INDEX (a)
Good:  ALTER TABLE orders ADD COLUMN a int

Source: MySQL manual 8.4, "Online DDL Operations"; MariaDB manual, "InnoDB Online DDL Overview"; run on 9.7 and 10.11.
"""

from __future__ import annotations

from migrator.check.planned import refused_by_planner
from migrator.check.rule import BLOCKS_EVERYWHERE, MYSQL_AND_MARIADB, Family, Rule

RULE = Rule(
    id="mysql-combined-alter-loses-instant",
    family=Family.LOCK,
    find=refused_by_planner("mysql-combined-alter-loses-instant"),
    phases=BLOCKS_EVERYWHERE,
    dialects=MYSQL_AND_MARIADB,
)
