"""rename-object: something that code may name, other than a table or column, gets another name.

Effect: a view, type, sequence or routine: running code that names it fails.  An index or constraint: only code that
names it (ON CONFLICT ON CONSTRAINT, FORCE INDEX, the handling of an error) notices, so that is a warning.
Remedy: make a new one under the new name, and drop the old one in contract.

Bad:   op.execute("ALTER VIEW active RENAME TO active_users")
Good:  op.execute("CREATE VIEW active_users AS SELECT id FROM orders")

Source: reasoning; an object created in the same revision is exempt.
"""

from __future__ import annotations

from migrator.check.pasting import call, in_contract
from migrator.check.rule import Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o
from migrator.model.finding import Severity

_QUIET = (o.ObjectKind.INDEX, o.ObjectKind.CONSTRAINT)


def _find(op: o.Operation, at: Situation) -> Problem | None:
    if not isinstance(op, o.RenameObject) or op.kind is o.ObjectKind.ENUM_VALUE or not at.object_existed(op):
        return None
    if op.kind is o.ObjectKind.INDEX and op.name in at.made.indexes:
        return None
    quiet = op.kind in _QUIET or op.unused
    who = "code that names it in a statement or an error handler" if quiet else "running code that names it"
    return Problem(
        message=f"renames {op.kind} {op.name} to {op.new_name}: {who} fails",
        remedy=in_contract(call("execute", f"ALTER {op.kind.upper()} {op.name} RENAME TO {op.new_name}")),
        severity=Severity.WARNING if quiet else None,
    )


RULE = Rule(
    id="rename-object",
    family=Family.OLD_CODE,
    find=_find,
    source="reasoning: code that runs beside expand still uses the old name",
)
