"""mysql-add-foreign-key: a foreign key is added with foreign_key_checks on.

Effect: the server copies the table, since all rows are checked, and keeps writers out until it is copied.
Remedy: build the index that the reference needs and let the code keep the reference; or make it with a new table.

Bad:   ALTER TABLE orders ADD CONSTRAINT orders_user FOREIGN KEY (user_id) REFERENCES users (id)
Good:  ALTER TABLE orders ADD INDEX orders_user (user_id)

Source: MySQL manual 8.4, "Online DDL Operations"; MariaDB manual, "InnoDB Online DDL Overview"; run on 9.7 and 10.11.
"""

from __future__ import annotations

from migrator.check.planned import refused_by_planner
from migrator.check.rule import BLOCKS_EVERYWHERE, MYSQL_AND_MARIADB, Family, Rule

RULE = Rule(
    id="mysql-add-foreign-key",
    family=Family.LOCK,
    find=refused_by_planner("mysql-add-foreign-key"),
    phases=BLOCKS_EVERYWHERE,
    dialects=MYSQL_AND_MARIADB,
)
