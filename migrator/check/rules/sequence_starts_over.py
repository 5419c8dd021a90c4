"""sequence-starts-over: a sequence that existed before gives the numbers that it gave already.

Effect: RESTART without a number, and on MariaDB CREATE OR REPLACE SEQUENCE, go back to the number that the sequence
began with; rows have it, and inserts of running code fail with a duplicate key until the sequence is past them.
Remedy: name the number, above what the rows have.

Bad:   ALTER SEQUENCE orders_id_seq RESTART
Good:  ALTER SEQUENCE orders_id_seq RESTART WITH 500000

Source: PostgreSQL manual, ALTER SEQUENCE: https://www.postgresql.org/docs/current/sql-altersequence.html
"""

from __future__ import annotations

from migrator.check.rule import BLOCKS_EVERYWHERE, POSTGRESQL, Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o

_SOURCE = (
    "PostgreSQL manual, ALTER SEQUENCE: https://www.postgresql.org/docs/current/sql-altersequence.html; MariaDB manual,"
    " ALTER SEQUENCE: https://mariadb.com/kb/en/alter-sequence/"
)


def _find(op: o.Operation, at: Situation) -> Problem | None:
    if not isinstance(op, o.Act) or op.kind is not o.ActKind.RESTART_SEQUENCE or not at.existed(op):
        return None
    if (o.ObjectKind.SEQUENCE, op.schema, op.table) in at.made.objects:
        return None
    what = f"the identity column {op.target}.{op.other}" if op.other else f"sequence {op.target}"
    again = f"ALTER TABLE {op.target} ALTER COLUMN {op.other}" if op.other else f"ALTER SEQUENCE {op.target}"
    return Problem(
        message=(
            f"starts {what} over: it gives the numbers that rows have already, and inserts of running code fail with a"
            " duplicate key"
        ),
        remedy=f"name a number above those of the rows:  {again} RESTART WITH ...",
        source=_SOURCE,
    )


RULE = Rule(
    id="sequence-starts-over",
    find=_find,
    family=Family.OLD_CODE,
    phases=BLOCKS_EVERYWHERE,
    dialects=(*POSTGRESQL, "mariadb"),
)
