"""mysql-locking-read: a statement locks all rows of a table that existed before by reading them.

Effect: INSERT ... SELECT, CREATE TABLE ... SELECT and SELECT ... FOR UPDATE lock each row that they read, and the gaps
between them, until they end: running code that writes the table waits for all of it.  Under READ COMMITTED the first
two lock no row.
Remedy: make the table empty, and copy the rows in batches with a data migration.

Bad:   CREATE TABLE copied AS SELECT * FROM users
Good:  CREATE TABLE copied LIKE users

Source: MySQL manual, Locks Set by SQL Statements: https://dev.mysql.com/doc/refman/8.4/en/innodb-locks-set.html
"""

from __future__ import annotations

from migrator.check.rule import BLOCKS_EVERYWHERE, MYSQL_AND_MARIADB, Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o

_ISOLATION = "isolation of the session: taken for REPEATABLE READ; below that, rows that are copied aren't locked"


def _find(op: o.Operation, at: Situation) -> Problem | None:
    if not isinstance(op, o.LockTable) or not op.rows or not at.existed(op):
        return None
    return Problem(
        message=f"locks the rows of table {op.target} as it reads them: whoever writes them waits until it ends",
        remedy="copy the rows in batches, with a data migration (migrations/data/)",
        sql="make the table empty, and copy the rows in batches by key, each in a transaction of its own",
        condition=_ISOLATION,
    )


RULE = Rule(
    id="mysql-locking-read",
    family=Family.LOCK,
    momentary=True,
    find=_find,
    dialects=MYSQL_AND_MARIADB,
    phases=BLOCKS_EVERYWHERE,
    source="MySQL manual, Locks Set by SQL Statements: https://dev.mysql.com/doc/refman/8.4/en/innodb-locks-set.html",
)
