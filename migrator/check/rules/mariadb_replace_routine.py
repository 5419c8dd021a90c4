"""mariadb-replace-routine: a stored function or procedure that is there already gets another body, or other parameters.

Effect: whatever calls it, running code's queries and triggers too, gets what the new body does from that moment on;
with other parameters its calls fail.
Remedy: a routine of another name, which new code and new triggers call.

Bad:   CREATE OR REPLACE FUNCTION steady(a INT) RETURNS INT DETERMINISTIC RETURN a + 2
Good:  CREATE FUNCTION steady_2(a INT) RETURNS INT DETERMINISTIC RETURN a + 2

Source: MariaDB Knowledge Base, CREATE FUNCTION (OR REPLACE drops the old one); MySQL has no such statement.
"""

from __future__ import annotations

import re

from migrator.check.rule import Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o
from migrator.model.finding import Severity
from migrator.model.phase import Phase

_UNLESS = re.compile(r"\bIF\s+NOT\s+EXISTS\b", re.IGNORECASE)


def _find(op: o.Operation, at: Situation) -> Problem | None:
    if not isinstance(op, o.CreateObject) or op.kind is not o.ObjectKind.ROUTINE or not op.replaces:
        return None
    if _UNLESS.search(at.text.partition("(")[0]):
        return None  # what is there stays as it is
    if not (op.there or at.in_file) or (op.kind, op.schema, op.name) in at.made.objects:
        return None
    return Problem(
        message=f"replaces the routine {op.name}: what running code and triggers get from it may change, and calls fail"
        " where its parameters do",
        remedy=f"make one of another name:  CREATE FUNCTION {op.name}_2(...);  -- or PROCEDURE",
    )


RULE = Rule(
    id="mariadb-replace-routine",
    family=Family.OLD_CODE,
    find=_find,
    dialects=("mariadb",),
    phases={Phase.EXPAND: Severity.WARNING},
    source="MariaDB Knowledge Base, CREATE FUNCTION: OR REPLACE drops the old routine and makes the new one",
)
