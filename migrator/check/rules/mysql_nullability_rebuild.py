"""mysql-nullability-rebuild: a change that writes the table anew beside traffic.

Effect: all rows and indexes are written once more: it takes as long as the table is big, needs its size on disk, and
replicas lag by about its duration.  NULL to NOT NULL and back, and columns in another place, are such changes.
Remedy: a new column instead, or the change in a quiet hour with ALGORITHM=INPLACE, LOCK=NONE, allowed by name.

Bad:   ALTER TABLE orders MODIFY COLUMN note varchar(50) NOT NULL
Good:  ALTER TABLE orders ADD COLUMN note_2 varchar(50)

Source: MySQL manual 8.4, "Online DDL Operations"; MariaDB manual, "InnoDB Online DDL Overview"; run on 9.7 and 10.11.
"""

from __future__ import annotations

from migrator.check.planned import refused_by_planner
from migrator.check.rule import BLOCKS_EVERYWHERE, MYSQL_AND_MARIADB, Family, Rule

RULE = Rule(
    id="mysql-nullability-rebuild",
    family=Family.LOCK,
    find=refused_by_planner("mysql-nullability-rebuild"),
    phases=BLOCKS_EVERYWHERE,
    dialects=MYSQL_AND_MARIADB,
)
