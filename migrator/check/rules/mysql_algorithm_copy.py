"""mysql-algorithm-copy: a change of a table that the server does by copying it.

Effect: nobody writes the table until it is copied.
Remedy: a column of the new type, kept in step and filled by a data migration; or ALGORITHM=INPLACE, LOCK=NONE in the
statement, so that the server refuses what needs a copy.

Bad:   ALTER TABLE orders MODIFY COLUMN qty bigint
Good:  ALTER TABLE orders ADD COLUMN qty_2 bigint

Source: MySQL manual 8.4, "Online DDL Operations"; MariaDB manual, "InnoDB Online DDL Overview"; run on 9.7 and 10.11.
"""

from __future__ import annotations

from migrator.check.planned import refused_by_planner
from migrator.check.rule import BLOCKS_EVERYWHERE, MYSQL_AND_MARIADB, Family, Rule

RULE = Rule(
    id="mysql-algorithm-copy",
    family=Family.LOCK,
    find=refused_by_planner("mysql-algorithm-copy"),
    phases=BLOCKS_EVERYWHERE,
    dialects=MYSQL_AND_MARIADB,
)
