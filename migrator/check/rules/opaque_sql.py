"""opaque-sql: a statement whose effect this check can't tell.

Effect: unknown, so it counts as dangerous: DO blocks, routines, CALL, dynamic SQL, functions that may write, text that
the server's grammar doesn't accept, and all SQL text when no parser is installed.  A warning is a setting after which
the server no longer refuses what breaks a foreign key; what does is a finding of its own.
Remedy: say it with op.* or SQLAlchemy, or look at it and allow it by name with the reason.

Bad:   op.execute("DO $$ BEGIN EXECUTE (SELECT 'ANALYZE ' || min(tablename) FROM pg_tables); END $$")
Good:  with migrator.allow("opaque-sql", reason="refreshes statistics; stops nobody"):
           op.execute("DO $$ BEGIN EXECUTE (SELECT 'ANALYZE ' || min(tablename) FROM pg_tables); END $$")

Source: reasoning: what isn't understood is a finding, not a pass.
"""

from __future__ import annotations

from migrator.check.rule import Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o
from migrator.model.finding import Severity
from migrator.model.phase import Phase


def _find(op: o.Operation, at: Situation) -> Problem | None:
    if isinstance(op, o.KeysUnchecked):
        return Problem(
            message=f"{op.what} is off from here on: what breaks a foreign key is no longer refused",
            remedy="leave foreign_key_checks on; or set it on again behind the statement that needs it off",
            severity=Severity.WARNING,
        )
    if not isinstance(op, o.Unread) or (op.kind, op.schema, op.name) in at.made.objects:
        return None
    message = f"can't be judged: {op.why}"
    if op.no_parser:
        return Problem(message=message, remedy="install the parser, and run the check again")
    return Problem(
        message=message,
        remedy='say it with op.* instead, or allow it:  with migrator.allow("opaque-sql", reason="..."): ...',
        sql='look at it, then allow it above the statement:  -- migrator: allow[opaque-sql] reason="..."',
    )


RULE = Rule(
    id="opaque-sql",
    family=Family.DATA,
    find=_find,
    source="reasoning: what the check doesn't understand is a finding, not a pass",
    phases={Phase.EXPAND: Severity.ERROR, Phase.CONTRACT: Severity.WARNING},
)
