"""add-column-not-null-no-default: a new column of an existing table is NOT NULL and has no server default.

Effect: the statement fails on a table with rows; on MySQL and MariaDB it fills 0 or an empty text silently.  The
INSERTs of running code, which doesn't know the column, fail; an ENUM takes its first value there.
A Python-side ``default=`` doesn't help: old code doesn't run it.
Remedy: nullable, or with a server default.

Bad:   op.add_column("users", sa.Column("age", sa.Integer(), nullable=False))
Good:  op.add_column("users", sa.Column("age", sa.Integer(), nullable=False, server_default="0"))
Good:  op.add_column("users", sa.Column("height", sa.Integer(), nullable=True))

Source: the manual of the server on ALTER TABLE; a table created in the same revision is exempt.
"""

from __future__ import annotations

from migrator.check.pasting import Code, call
from migrator.check.rule import Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o


def _find(op: o.Operation, at: Situation) -> Problem | None:
    if not isinstance(op, o.AddColumn) or not at.existed(op):
        return None
    column = op.column
    if column.nullable or column.fills_itself:
        return None
    fills = at.traits.fills_missing_default
    if fills and column.type.upper().startswith("ENUM"):
        return None
    rows = "rows get a silent zero or empty text" if fills else "fails when the table has rows"
    new = Code(f'sa.Column("{column.name}", ..., nullable=True)')
    return Problem(
        message=(
            f"adds column {op.target}.{column.name} NOT NULL without a server default: {rows}, and the INSERTs of"
            " running code, which doesn't know the column, fail"
        ),
        remedy=f"make it nullable, or give it a server_default:  {call('add_column', op.table, new, schema=op.schema)}",
    )


RULE = Rule(id="add-column-not-null-no-default", family=Family.OLD_CODE, find=_find)
