"""lock-timeout-too-long: a lock timeout is set to more than ten seconds, or to none.

Effect: a statement that waits for a strong lock makes all later traffic on the table wait behind it, for that long.
Remedy: a timeout of some seconds, and another try.

Bad:   op.execute("SET lock_timeout = 0")
Good:  op.execute("SET lock_timeout = '2s'")

Source: reasoning: locks are granted in the order of asking, so that readers queue behind a waiting ALTER TABLE.
"""

from __future__ import annotations

from migrator.check.rule import SERVERS, WARNS_EVERYWHERE, Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o

LONGEST = 10


def _find(op: o.Operation, at: Situation) -> Problem | None:
    if not isinstance(op, o.LockTimeout) or op.seconds is None or 0 < op.seconds <= LONGEST:
        return None
    how_long = f"for up to {op.seconds:g} s" if op.seconds else "without end"
    return Problem(
        message=f"lets statements wait {how_long} for a lock, and all traffic on the table waits behind them",
        remedy="take it out: `migrator expand` and `contract` set their own, --lock-timeout",
        sql=f"a timeout of at most {LONGEST} seconds, and another try where it runs out",
    )


RULE = Rule(
    id="lock-timeout-too-long",
    find=_find,
    family=Family.LOCK,
    phases=WARNS_EVERYWHERE,
    dialects=SERVERS,
    source="reasoning: readers queue behind a statement that waits for a strong lock",
)
