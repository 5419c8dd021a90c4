"""drop-index-old-queries: an index that existed before goes away.

Effect: the queries of running code that used it scan the table; a unique index also takes the target of ON CONFLICT and
the protection against duplicates with it.  Without its FULLTEXT index MATCH ... AGAINST fails at once, an error.
Remedy: contract, when no running code needs it.

Bad (expand):     op.drop_index("ix_users_email", "users")
Good (contract):  op.drop_index("ix_users_email", "users")

Source: reasoning; an index or table created in the same revision is exempt.
"""

from __future__ import annotations

from migrator.check.pasting import call, in_contract
from migrator.check.rule import Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o
from migrator.model.finding import Severity
from migrator.model.phase import Phase


def _find(op: o.Operation, at: Situation) -> Problem | None:
    if not isinstance(op, o.DropIndex) or not at.index_existed(op):
        return None
    where = f" of table {op.table}" if op.table else ""
    if _serves_match(op, at):
        return Problem(
            message=f"drops FULLTEXT index {op.name}{where}: MATCH ... AGAINST of running code fails at once (1191)",
            remedy=in_contract(call("drop_index", op.name, op.table or None, schema=op.schema)),
            severity=Severity.ERROR,
        )
    if at.made.keys_unchecked:
        return Problem(
            message=(
                f"drops index {op.name}{where} while foreign keys are not checked: a foreign key that needs it stays,"
                " and writes of running code fail (1452)"
            ),
            remedy="leave foreign_key_checks on, and the server refuses to drop an index that a foreign key needs",
            severity=Severity.ERROR,
        )
    return Problem(
        message=(
            f"drops index {op.name}{where}: the queries of running code that use it scan the table, and a unique one no"
            " longer stops duplicates"
        ),
        remedy=in_contract(call("drop_index", op.name, op.table or None, schema=op.schema)),
    )


def _serves_match(op: o.DropIndex, at: Situation) -> bool:
    table = at.table(o.TableOperation(table=op.table, schema=op.schema))
    return table is not None and any(one["name"] == op.name and one.get("kind") == "FULLTEXT" for one in table.indexes)


RULE = Rule(
    id="drop-index-old-queries",
    family=Family.OLD_CODE,
    find=_find,
    source="reasoning: code that runs beside expand was written with the index",
    phases={Phase.EXPAND: Severity.WARNING},
)
