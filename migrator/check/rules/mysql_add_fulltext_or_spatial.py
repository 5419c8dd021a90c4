"""mysql-add-fulltext-or-spatial: a FULLTEXT, SPATIAL or VECTOR index is added.

Effect: the server keeps writers out until it is built; the first FULLTEXT index writes the table anew.
Remedy: a new table that has the index from the beginning.

Bad:   ALTER TABLE docs ADD FULLTEXT INDEX docs_body (body)
Good:  CREATE TABLE docs_2 (id int PRIMARY KEY, body text, FULLTEXT INDEX (body))

Source: MySQL manual 8.4, "Online DDL Operations"; MariaDB manual, "InnoDB Online DDL Overview"; run on 9.7 and 10.11.
"""

from __future__ import annotations

from migrator.check.planned import refused_by_planner
from migrator.check.rule import BLOCKS_EVERYWHERE, MYSQL_AND_MARIADB, Family, Rule

RULE = Rule(
    id="mysql-add-fulltext-or-spatial",
    family=Family.LOCK,
    find=refused_by_planner("mysql-add-fulltext-or-spatial"),
    phases=BLOCKS_EVERYWHERE,
    dialects=MYSQL_AND_MARIADB,
)
