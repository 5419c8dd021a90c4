"""fk-not-valid-on-partitioned: a foreign key on a partitioned table, where the server has no NOT VALID for it.

Effect: all rows of all partitions are checked under SHARE ROW EXCLUSIVE on them and on the table referred to.
Remedy: add it to each partition first, NOT VALID and validated, then to the parent; PostgreSQL 18 takes NOT VALID.

Bad:   ALTER TABLE events ADD CONSTRAINT events_user FOREIGN KEY (user_id) REFERENCES users (id)
Good:  ALTER TABLE events_2024 ADD CONSTRAINT events_user FOREIGN KEY (user_id) REFERENCES users (id) NOT VALID

Source: PostgreSQL manual 14 to 18, ALTER TABLE.
"""

from __future__ import annotations

from migrator.check.planned import refused_by_planner
from migrator.check.rule import BLOCKS_EVERYWHERE, POSTGRESQL, Family, Rule

RULE = Rule(
    id="fk-not-valid-on-partitioned",
    family=Family.LOCK,
    find=refused_by_planner("fk-not-valid-on-partitioned"),
    phases=BLOCKS_EVERYWHERE,
    dialects=POSTGRESQL,
)
