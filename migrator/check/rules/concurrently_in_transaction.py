"""concurrently-in-transaction: what the server does outside transactions only stands inside one.

Effect: the server refuses to build, rebuild or drop an index CONCURRENTLY there, to detach a partition so, and to
VACUUM; the revision fails at run time.
Remedy: an autocommit block around it.

Bad:   op.create_index("ix", "users", ["email"], postgresql_concurrently=True)
Good:  with op.get_context().autocommit_block():
           op.create_index("ix", "users", ["email"], postgresql_concurrently=True)

Source: PostgreSQL manual, CREATE INDEX.
"""

from __future__ import annotations

from migrator.check.pasting import Code, call
from migrator.check.rule import POSTGRESQL, Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o
from migrator.model.finding import Severity
from migrator.model.phase import Phase

_REFUSED = "inside a transaction: the server refuses that"
_END = "end the transaction before it:  COMMIT;"
_ALONE = {o.ActKind.REINDEX: "reindexes", o.ActKind.DETACH_PARTITION: "detaches"}


def _find(op: o.Operation, at: Situation) -> Problem | None:
    if isinstance(op, o.Harmless) and op.alone and at.in_transaction:
        return Problem(message=f"{op.what} {_REFUSED}", remedy=_END)
    if isinstance(op, o.Act) and op.concurrently and op.kind in _ALONE and at.in_transaction:
        what = f"{_ALONE[op.kind]} {op.other or op.target}"
        return Problem(message=f"{what} CONCURRENTLY {_REFUSED}", remedy=_END)
    if not isinstance(op, o.CreateIndex | o.DropIndex) or not op.concurrently or at.autocommit:
        return None
    if at.in_file and not at.in_transaction:
        return None
    if not at.traits.index_build_stops_writes:
        return None
    verb = "builds" if isinstance(op, o.CreateIndex) else "drops"
    function = "create_index" if isinstance(op, o.CreateIndex) else "drop_index"
    return Problem(
        message=f"{verb} index {op.name} CONCURRENTLY {_REFUSED}",
        remedy=f"with op.get_context().autocommit_block(): {call(function, op.name or None, Code('...'))}",
        sql=_END,
    )


RULE = Rule(
    id="concurrently-in-transaction",
    family=Family.DATA,
    find=_find,
    source="PostgreSQL manual, CREATE INDEX: https://www.postgresql.org/docs/current/sql-createindex.html",
    phases={Phase.EXPAND: Severity.ERROR, Phase.CONTRACT: Severity.ERROR},
    dialects=POSTGRESQL,
)
