"""trigger-on-existing-table: a new trigger on a table that existed before.

Effect: it changes what the writes of running code do, and its statement blocks writers while it waits for its lock.
Remedy: look at it and allow it by name with the reason.

Bad:   op.execute("CREATE TRIGGER t BEFORE INSERT ON users ...")
Good:  with migrator.allow("trigger-on-existing-table", reason="fills full_name only where it is NULL"): ...

Source: reasoning; a table created in the same revision is exempt.
"""

from __future__ import annotations

from migrator.check.rule import Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o


def _find(op: o.Operation, at: Situation) -> Problem | None:
    if not isinstance(op, o.CreateObject) or op.kind is not o.ObjectKind.TRIGGER:
        return None
    if (op.schema, op.table) in at.made.tables:
        return None
    return Problem(
        message=(
            f"puts trigger {op.name} on table {op.table}: it changes what every write of running code does; takes a"
            " lock that blocks writers while it waits"
        ),
        remedy='look at it, then:  with migrator.allow("trigger-on-existing-table", reason="..."): ...',
        source=at.traits.lock_source,
    )


RULE = Rule(id="trigger-on-existing-table", family=Family.OLD_CODE, find=_find)
