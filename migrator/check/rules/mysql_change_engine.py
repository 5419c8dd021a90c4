"""mysql-change-engine: a table is moved to another storage engine.

Effect: the server copies the table and keeps writers out; MariaDB accepts ALGORITHM=INSTANT for it and copies all the
same.
Remedy: a new table with that engine, and a data migration that moves the rows.

Bad:   ALTER TABLE orders ENGINE=MyISAM
Good:  CREATE TABLE orders_2 (id int PRIMARY KEY) ENGINE=InnoDB

Source: MySQL manual 8.4, "Online DDL Operations"; MariaDB manual, "InnoDB Online DDL Overview"; run on 9.7 and 10.11.
"""

from __future__ import annotations

from migrator.check.planned import refused_by_planner
from migrator.check.rule import BLOCKS_EVERYWHERE, MYSQL_AND_MARIADB, Family, Rule

RULE = Rule(
    id="mysql-change-engine",
    family=Family.LOCK,
    find=refused_by_planner("mysql-change-engine"),
    phases=BLOCKS_EVERYWHERE,
    dialects=MYSQL_AND_MARIADB,
)
