"""alter-domain-add-constraint: a domain in use gets a constraint, or one of its constraints is validated.

Effect: every table with a column of the domain is scanned under SHARE: nobody writes them.  NOT VALID scans nothing,
but new values are refused at once, so that is a warning.
Remedy: NOT VALID, and the validation in a quiet hour; or a check on the columns themselves, which is validated online.

Bad:   ALTER DOMAIN quantity ADD CONSTRAINT above CHECK (VALUE > 0)
Good:  ALTER TABLE orders ADD CONSTRAINT qty_above CHECK (qty > 0) NOT VALID

Source: PostgreSQL manual, ALTER DOMAIN: https://www.postgresql.org/docs/current/sql-alterdomain.html; measured on 14,
15 and 18.
"""

from __future__ import annotations

from migrator.check.rule import BLOCKS_EVERYWHERE, POSTGRESQL, Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o
from migrator.model.finding import Severity


def _find(op: o.Operation, at: Situation) -> Problem | None:
    if not isinstance(op, o.Act) or op.kind is not o.ActKind.ALTER_DOMAIN:
        return None
    if (o.ObjectKind.TYPE, op.schema, op.table) in at.made.objects:
        return None
    if op.not_valid or op.unused:
        return Problem(
            message=(
                f"gives domain {op.target} {op.other}: running code that writes what it doesn't allow gets an error"
            ),
            remedy="look at what running code writes, and allow it by name with the reason",
            severity=Severity.WARNING,
        )
    return Problem(
        message=(
            f"gives domain {op.target} {op.other}: every table with a column of it is scanned under a SHARE lock,"
            " nobody writes them meanwhile"
        ),
        remedy=f"ALTER DOMAIN {op.target} ADD CONSTRAINT ... NOT VALID, or a check on the columns themselves",
        condition="columns of the domain: taken for there being some",
    )


RULE = Rule(
    id="alter-domain-add-constraint", family=Family.LOCK, find=_find, phases=BLOCKS_EVERYWHERE, dialects=POSTGRESQL
)
