"""toggle-trigger-lock: triggers of a table that existed before are switched on or off.

Effect: SHARE ROW EXCLUSIVE while it waits, and what they did for the writes of running code is done no more, or done
from now on; DISABLE TRIGGER ALL also switches the foreign keys off.
Remedy: look at what the trigger does, and allow it by name with the reason.

Bad:   ALTER TABLE orders DISABLE TRIGGER ALL
Good:  CREATE TABLE orders_2 (id bigint);  ALTER TABLE orders_2 DISABLE TRIGGER ALL

Source: PostgreSQL manual, ALTER TABLE: https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from migrator.check.rule import POSTGRESQL, Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o
from migrator.model.finding import Severity
from migrator.model.phase import Phase


def _find(op: o.Operation, at: Situation) -> Problem | None:
    if not isinstance(op, o.Act) or op.kind is not o.ActKind.TOGGLE_TRIGGER or not at.existed(op):
        return None
    which = f"trigger {op.other}" if op.other else "all triggers, and with ALL the foreign keys,"
    return Problem(
        message=f"switches {which} of table {op.target} on or off: it changes what the writes of running code do",
        remedy="look at what it does, and allow it by name with the reason",
        source=at.traits.lock_source,
    )


RULE = Rule(
    id="toggle-trigger-lock",
    family=Family.LOCK,
    momentary=True,
    find=_find,
    phases={Phase.EXPAND: Severity.WARNING, Phase.CONTRACT: Severity.WARNING},
    dialects=POSTGRESQL,
)
