"""rename-column: a column that existed before gets another name.

Effect: SQLAlchemy names every mapped column, so running code fails at its next SELECT or INSERT.
Remedy: keep the name in the database and rename the attribute only; or add the new column, keep both in step, copy the
values in a data migration, and drop the old one in contract.

Bad:   op.alter_column("users", "name", new_column_name="full_name", existing_type=sa.String(50))
Good:  op.add_column("users", sa.Column("full_name", sa.Text()))   # a data migration, and drop name in contract

Source: reasoning; a column added in the same revision is exempt.
"""

from __future__ import annotations

from migrator.check.pasting import Code, call
from migrator.check.rule import Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o


def _find(op: o.Operation, at: Situation) -> Problem | None:
    if not isinstance(op, o.AlterColumn) or op.new_name is None or not at.column_existed(op, op.column):
        return None
    new = Code(f'sa.Column("{op.new_name}", ...)')
    return Problem(
        message=(
            f"renames column {op.target}.{op.column} to {op.new_name}: running code that maps the old name fails at its"
            " next SELECT or INSERT"
        ),
        remedy=(
            f'rename the attribute only:  {op.new_name} = mapped_column("{op.column}", ...);  or add the new column'
            f" beside it:  {call('add_column', op.table, new, schema=op.schema)}"
        ),
    )


RULE = Rule(
    id="rename-column",
    family=Family.OLD_CODE,
    find=_find,
    source="reasoning: SQLAlchemy names every mapped column in SELECT and INSERT",
)
