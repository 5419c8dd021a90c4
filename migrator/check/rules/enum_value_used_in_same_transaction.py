"""enum-value-used-in-same-transaction: a new value of an enum is used before it is committed.

Effect: the server refuses it ("unsafe use of new value"), and the whole transaction with it.
Remedy: COMMIT between the two.

Bad:   ALTER TYPE mood ADD VALUE 'lost'; ALTER TABLE orders ADD COLUMN m mood DEFAULT 'lost'
Good:  BEGIN; ALTER TYPE mood ADD VALUE 'lost'; COMMIT; ALTER TABLE orders ADD COLUMN m mood DEFAULT 'lost'

Source: PostgreSQL manual, ALTER TYPE: https://www.postgresql.org/docs/current/sql-altertype.html
"""

from __future__ import annotations

from migrator.check.rule import BLOCKS_EVERYWHERE, POSTGRESQL, Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o


def _find(op: o.Operation, at: Situation) -> Problem | None:
    if isinstance(op, o.AddEnumValue) or not at.goes_on:
        return None
    used = sorted(one for one in at.made.values if "'" + one.replace("'", "''") + "'" in at.text)
    if not used:
        return None
    return Problem(
        message=f"uses {used[0]!r} in the transaction that added it to its enum: the server refuses that",
        remedy="COMMIT between the two",
    )


RULE = Rule(
    id="enum-value-used-in-same-transaction",
    find=_find,
    family=Family.DATA,
    phases=BLOCKS_EVERYWHERE,
    dialects=POSTGRESQL,
    source="PostgreSQL manual, ALTER TYPE: https://www.postgresql.org/docs/current/sql-altertype.html",
)
