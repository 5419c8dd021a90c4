"""mysql-convert-charset: a table is converted to another character set.

Effect: the server copies the table and keeps writers out until it is copied, but for utf8mb3 to utf8mb4 where no index
grows over its limit.
Remedy: a new table, or ALGORITHM=INPLACE, LOCK=NONE in the statement, so that the server refuses what needs a copy.

Bad:   ALTER TABLE orders CONVERT TO CHARACTER SET utf8mb4
Good:  CREATE TABLE orders_2 (id int PRIMARY KEY) CHARACTER SET utf8mb4

Source: MySQL manual 8.4, "Online DDL Operations"; MariaDB manual, "InnoDB Online DDL Overview"; run on 9.7 and 10.11.
"""

from __future__ import annotations

from migrator.check.planned import refused_by_planner
from migrator.check.rule import BLOCKS_EVERYWHERE, MYSQL_AND_MARIADB, Family, Rule

RULE = Rule(
    id="mysql-convert-charset",
    family=Family.LOCK,
    find=refused_by_planner("mysql-convert-charset"),
    phases=BLOCKS_EVERYWHERE,
    dialects=MYSQL_AND_MARIADB,
)
