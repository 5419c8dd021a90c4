"""mysql-lock-shared-or-exclusive: a change of a table that keeps writers out for as long as it lasts.

Effect: LOCK=SHARED or EXCLUSIVE, asked for or unavoidable (an index over an expression): nobody writes the table.
Remedy: say LOCK=NONE and the server refuses what it can't do; for an expression, a virtual column and an index over it.

Bad:   ALTER TABLE orders ADD INDEX lower_code ((lower(code)))
Good:  ALTER TABLE orders ADD INDEX code (code), ALGORITHM=INPLACE, LOCK=NONE

Source: MySQL manual 8.4, "Online DDL Operations"; MariaDB manual, "InnoDB Online DDL Overview"; run on 9.7 and 10.11.
"""

from __future__ import annotations

from migrator.check.planned import refused_by_planner
from migrator.check.rule import BLOCKS_EVERYWHERE, MYSQL_AND_MARIADB, Family, Rule

RULE = Rule(
    id="mysql-lock-shared-or-exclusive",
    family=Family.LOCK,
    find=refused_by_planner("mysql-lock-shared-or-exclusive"),
    phases=BLOCKS_EVERYWHERE,
    dialects=MYSQL_AND_MARIADB,
)
