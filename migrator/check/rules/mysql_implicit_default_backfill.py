"""mysql-implicit-default-backfill: a contract adds a NOT NULL column without a default to a table that has rows.

Effect: the server writes a zero or an empty text into every row, which nobody has chosen and no data migration finds.
Remedy: a server default, or nullable and a data migration. In expand, add-column-not-null-no-default tells the same.

Bad (contract):   op.add_column("users", sa.Column("age", sa.Integer, nullable=False))
Good (contract):  op.add_column("users", sa.Column("age", sa.Integer, nullable=False, server_default="18"))

Source: MySQL manual, Data Type Default Values: https://dev.mysql.com/doc/refman/8.4/en/data-type-defaults.html
"""

from __future__ import annotations

from migrator.check.pasting import Code, call
from migrator.check.rule import MYSQL_AND_MARIADB, Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o
from migrator.model.finding import Severity
from migrator.model.phase import Phase


def _find(op: o.Operation, at: Situation) -> Problem | None:
    if not isinstance(op, o.AddColumn) or op.column.nullable or op.column.fills_itself or not at.existed(op):
        return None
    new = Code(f'sa.Column("{op.column.name}", ..., nullable=False, server_default="...")')
    return Problem(
        message=(
            f"adds column {op.target}.{op.column.name} NOT NULL without a default: the server writes a zero or an empty"
            " text into every row"
        ),
        remedy=call("add_column", op.table, new, schema=op.schema),
        sql=f"ALTER TABLE {op.target} ADD COLUMN {op.column.name} ... NOT NULL DEFAULT ...",
    )


RULE = Rule(
    id="mysql-implicit-default-backfill",
    find=_find,
    family=Family.DATA,
    phases={Phase.CONTRACT: Severity.ERROR},
    dialects=MYSQL_AND_MARIADB,
    source="MySQL manual, Data Type Default Values: https://dev.mysql.com/doc/refman/8.4/en/data-type-defaults.html",
)
