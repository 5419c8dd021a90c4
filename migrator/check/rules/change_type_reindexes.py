"""change-type-reindexes: a change of a type that is free for the rows, of a column that an index or a check names.

Effect: the check is verified, or the index built anew, under ACCESS EXCLUSIVE: nobody reads or writes the table.
Remedy: a column of the new type, kept in step and filled by a data migration.

Bad:   ALTER TABLE users ALTER COLUMN code TYPE varchar(100)      -- with CHECK (code <> '')
Good:  ALTER TABLE users ALTER COLUMN name TYPE varchar(100)

Source: PostgreSQL: measured on 14, 15 and 18.
"""

from __future__ import annotations

from migrator.check.planned import refused_by_planner
from migrator.check.rule import BLOCKS_EVERYWHERE, POSTGRESQL, Family, Rule

RULE = Rule(
    id="change-type-reindexes",
    family=Family.LOCK,
    find=refused_by_planner("change-type-reindexes"),
    phases=BLOCKS_EVERYWHERE,
    dialects=POSTGRESQL,
)
