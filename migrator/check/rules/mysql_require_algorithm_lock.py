"""mysql-require-algorithm-lock: a change of a table in a form that takes neither ALGORITHM nor LOCK.

Effect: nothing keeps the server from copying the table while writers wait.
Remedy: a new table, and a data migration that moves the rows.

Bad:   ALTER TABLE orders ORDER BY code
Good:  CREATE TABLE orders_2 (id int PRIMARY KEY, code int)

Source: MySQL manual 8.4, "Online DDL Operations"; MariaDB manual, "InnoDB Online DDL Overview"; run on 9.7 and 10.11.
"""

from __future__ import annotations

from migrator.check.planned import refused_by_planner
from migrator.check.rule import BLOCKS_EVERYWHERE, MYSQL_AND_MARIADB, Family, Rule

RULE = Rule(
    id="mysql-require-algorithm-lock",
    family=Family.LOCK,
    find=refused_by_planner("mysql-require-algorithm-lock"),
    phases=BLOCKS_EVERYWHERE,
    dialects=MYSQL_AND_MARIADB,
)
