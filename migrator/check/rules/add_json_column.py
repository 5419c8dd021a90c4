"""add-json-column: a table gets a column of type json, which has no equality.

Effect: SELECT DISTINCT, GROUP BY and UNION over all columns of the table, which worked before, fail.
Remedy: jsonb.

Bad:   op.add_column("users", sa.Column("extra", sa.JSON))
Good:  op.execute("ALTER TABLE users ADD COLUMN extra jsonb")

Source: PostgreSQL manual, JSON Types: https://www.postgresql.org/docs/current/datatype-json.html
"""

from __future__ import annotations

from migrator.check.pasting import Code, call
from migrator.check.rule import POSTGRESQL, WARNS_EVERYWHERE, Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o


def _find(op: o.Operation, at: Situation) -> Problem | None:
    if not isinstance(op, o.AddColumn) or op.column.type.upper() != "JSON" or not at.existed(op):
        return None
    new = Code(f'sa.Column("{op.column.name}", postgresql.JSONB)')
    return Problem(
        message=(
            f"adds column {op.target}.{op.column.name} of type json, which can't be compared: queries that ask for"
            " different rows of the whole table fail from now on"
        ),
        remedy=call("add_column", op.table, new, schema=op.schema),
        sql=f"ALTER TABLE {op.target} ADD COLUMN {op.column.name} jsonb",
    )


RULE = Rule(
    id="add-json-column",
    find=_find,
    family=Family.OLD_CODE,
    phases=WARNS_EVERYWHERE,
    dialects=POSTGRESQL,
    source="PostgreSQL manual, JSON Types: https://www.postgresql.org/docs/current/datatype-json.html",
)
