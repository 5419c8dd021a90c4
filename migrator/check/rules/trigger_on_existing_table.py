"""trigger-on-existing-table: a new trigger or rule on a table that existed before.

Effect: it changes what the writes of running code do, and its statement blocks writers while it waits for its lock;
a rule rewrites the statements themselves, and is an error; so is a body that refuses rows (SIGNAL, RAISE).
Remedy: look at it and allow it by name with the reason.

Bad:   op.execute("CREATE TRIGGER t BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION fill()")
Good:  with migrator.allow("trigger-on-existing-table", reason="fills full_name only where it is NULL"):
           op.execute("CREATE TRIGGER t BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION fill()")

Source: reasoning; a table created in the same revision is exempt.
"""

from __future__ import annotations

import re

from migrator.check.rule import Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o
from migrator.model.finding import Severity
from migrator.model.phase import Phase


def _find(op: o.Operation, at: Situation) -> Problem | None:
    if isinstance(op, o.Act) and op.kind is o.ActKind.CREATE_RULE and not at.is_new(op.table, op.schema):
        return Problem(
            message=f"puts rule {op.other} on table {op.target}: it changes what the statements of running code do",
            remedy='look at it, then:  with migrator.allow("trigger-on-existing-table", reason="..."): ...',
            sql='look at it, then:  -- migrator: allow[trigger-on-existing-table] reason="..."',
            severity=Severity.ERROR,
        )
    if not isinstance(op, o.CreateObject) or op.kind is not o.ObjectKind.TRIGGER:
        return None
    if at.is_new(op.table, op.schema):
        return None
    if op.refuses or re.search(
        r"\bSIGNAL\s+(?:SQLSTATE\b|\w)|\bRAISE\s*\(\s*(?:ABORT|FAIL|ROLLBACK|IGNORE)\b", at.text, re.IGNORECASE
    ):
        return Problem(
            message=f"puts trigger {op.name} on table {op.table}, which refuses rows: writes of running code may fail",
            remedy="make sure that running code writes no such row, then:  with"
            ' migrator.allow("trigger-on-existing-table", reason="..."): ...',
            sql="make sure that running code writes no such row, then:"
            '  -- migrator: allow[trigger-on-existing-table] reason="..."',
            severity=Severity.ERROR,
        )
    return Problem(
        message=(
            f"puts trigger {op.name} on table {op.table}: it changes what every write of running code does; takes a"
            " lock that blocks writers while it waits"
        ),
        remedy='look at it, then:  with migrator.allow("trigger-on-existing-table", reason="..."): ...',
        sql='look at it, then:  -- migrator: allow[trigger-on-existing-table] reason="..."',
        source=at.traits.lock_source,
    )


RULE = Rule(
    id="trigger-on-existing-table",
    family=Family.OLD_CODE,
    find=_find,
    phases={Phase.EXPAND: Severity.WARNING},
)
