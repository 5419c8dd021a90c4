"""transaction-control-in-migration: a revision begins or ends a transaction by itself.

Effect: the transaction of the runner ends in the middle: what came before is committed without its version row, and a
crash leaves a half-applied revision.
Remedy: take it out; use autocommit_block() for what can't run in a transaction.

Bad:   op.execute("COMMIT")
Good:  with op.get_context().autocommit_block(): ...

Source: reasoning; a file of SQL that another tool sends may say BEGIN and COMMIT.
"""

from __future__ import annotations

from migrator.check.rule import Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o
from migrator.model.finding import Severity
from migrator.model.phase import Phase


def _find(op: o.Operation, at: Situation) -> Problem | None:
    if not isinstance(op, o.TransactionControl) or at.in_file:
        return None
    return Problem(
        message=(
            f"{op.verb} inside a revision breaks the runner's transaction: a crash after it leaves the revision"
            " half-applied, without its version row"
        ),
        remedy="take it out; what can't run in a transaction goes into:  with op.get_context().autocommit_block(): ...",
    )


RULE = Rule(
    id="transaction-control-in-migration",
    family=Family.DATA,
    find=_find,
    source="reasoning: the version row and the schema must commit together",
    phases={Phase.EXPAND: Severity.ERROR, Phase.CONTRACT: Severity.ERROR},
)
