"""change-column-type: a column that existed before gets another type.

Effect: the server rewrites the table under its strongest lock, and running code writes and reads values of the old
type.  Free is, on PostgreSQL, only a wider varchar or text, where the type before is known.
Remedy: a new column of the new type, kept in step, filled by a data migration; the old one goes in contract.

Bad:   op.alter_column("users", "age", type_=sa.BigInteger())
Good:  op.add_column("users", sa.Column("age_2", sa.BigInteger()))   # then a data migration, and a contract

Source: the manual of the server on ALTER TABLE.
"""

from __future__ import annotations

from migrator.check.pasting import Code, call
from migrator.check.rule import Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o


def _find(op: o.Operation, at: Situation) -> Problem | None:
    if not isinstance(op, o.AlterColumn) or op.type is None or not at.column_existed(op, op.column):
        return None
    if op.old_type and at.traits.free_type(op.old_type, op.type, at.domains):
        return None
    column = f"{op.target}.{op.column}"
    before = f" from {op.old_type}" if op.old_type else ""
    if op.restated:
        what = f"states the definition of column {column} anew as {op.type}: what it omits (NOT NULL, DEFAULT) is lost"
    else:
        what = f"changes the type of column {column}{before} to {op.type}"
    new = Code(f'sa.Column("{op.column}_2", ...)')
    return Problem(
        message=(
            f"{what}; the server may rewrite the table under {at.traits.table_lock}, and running code goes on with the"
            " old type"
        ),
        remedy=(
            f"add a column of the new type and fill it in a data migration:"
            f"  {call('add_column', op.table, new, schema=op.schema)}"
        ),
    )


RULE = Rule(id="change-column-type", family=Family.OLD_CODE, find=_find)
