"""mysql-partition-table: a table is partitioned anew, or rows move between partitions.

Effect: the server copies or checks the rows and keeps writers out; MariaDB accepts ALGORITHM=INSTANT and copies all the
same.
Remedy: a new table with the partitions, and a data migration that moves the rows.

Bad:   ALTER TABLE orders PARTITION BY HASH (id) PARTITIONS 4
Good:  CREATE TABLE orders_2 (id int PRIMARY KEY) PARTITION BY HASH (id) PARTITIONS 4

Source: MySQL manual 8.4, "Online DDL Operations"; MariaDB manual, "InnoDB Online DDL Overview"; run on 9.7 and 10.11.
"""

from __future__ import annotations

from migrator.check.planned import refused_by_planner
from migrator.check.rule import BLOCKS_EVERYWHERE, MYSQL_AND_MARIADB, Family, Rule

RULE = Rule(
    id="mysql-partition-table",
    family=Family.LOCK,
    find=refused_by_planner("mysql-partition-table"),
    phases=BLOCKS_EVERYWHERE,
    dialects=MYSQL_AND_MARIADB,
)
