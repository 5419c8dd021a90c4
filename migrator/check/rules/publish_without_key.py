"""publish-without-key: a table whose rows nothing identifies is published for logical replication.

Effect: every UPDATE and DELETE of running code on it fails at once: it has no replica identity.  So they do where the
list of columns leaves one of the key out, or WHERE asks for another column.
Remedy: a primary key first, or REPLICA IDENTITY USING INDEX over a unique one; FULL where rows are few; or publish
inserts only.

Bad:   CREATE PUBLICATION feed FOR TABLE events                 -- which has no primary key
Good:  CREATE PUBLICATION feed FOR TABLE users                  -- which has one

Source: PostgreSQL manual, Publication: https://www.postgresql.org/docs/current/logical-replication-publication.html;
measured on 14, 15 and 18.
"""

from __future__ import annotations

from migrator.check.rule import POSTGRESQL, Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o
from migrator.model.finding import Severity
from migrator.model.plan import shown_table

_FAILS = "every UPDATE and DELETE of running code on it fails at once"


def _find(op: o.Operation, at: Situation) -> Problem | None:
    if isinstance(op, o.Act) and op.kind is o.ActKind.REPLICA_IDENTITY and _loses(op, at) and at.existed(op):
        return Problem(
            message=f"takes what identifies a row of {op.target} to a subscriber: where it is published, {_FAILS}",
            remedy=f"ALTER TABLE {op.target} REPLICA IDENTITY DEFAULT, or drop it from the publication first",
            severity=None if op.always else Severity.WARNING,
        )
    if isinstance(op, o.DropIndex) and _identifies(op, at):
        return Problem(
            message=f"drops index {op.name}, which identifies a row: where the table is published, {_FAILS}",
            remedy="first:  ALTER TABLE ... REPLICA IDENTITY USING INDEX ...;  or DEFAULT, where it has a primary key",
        )
    if not isinstance(op, o.Publish):
        return None
    keyless = None if op.keyless is None else [one for one in op.keyless if one not in at.made.tables]
    if keyless == []:
        return None
    named = ", ".join(map(shown_table, keyless or op.tables)) or "all tables"
    which = (
        "which has no primary key, or publishes not all of it, or chooses rows by more"
        if keyless
        else "some of which may have no primary key"
    )
    return Problem(
        message=f"publishes updates of {named}, {which}: {_FAILS}",
        remedy="first:  ALTER TABLE ... REPLICA IDENTITY USING INDEX ...; or inserts alone:  WITH (publish = 'insert')",
        severity=None if keyless else Severity.WARNING,
    )


def _identifies(op: o.DropIndex, at: Situation) -> bool:
    table = None if at.before is None else at.before.table(op.table, op.schema)
    return table is not None and f"identity-i:{op.name}" in table.options.split() and at.index_existed(op)


def _loses(op: o.Act, at: Situation) -> bool:
    """NOTHING; and DEFAULT, which is the primary key, where there is none."""
    table = at.table(op)
    keyless = table is not None and not table.primary_key["constrained_columns"]
    return op.other == "n" or (op.other == "d" and op.always and keyless)


RULE = Rule(
    id="publish-without-key",
    family=Family.OLD_CODE,
    find=_find,
    dialects=POSTGRESQL,
    source="PostgreSQL manual: https://www.postgresql.org/docs/current/logical-replication-publication.html",
)
