"""rename-table: a table that existed before gets another name, or another schema.

Effect: running code still uses the old name and fails at once; new code fails on the other side of a rollback.
Two that change places in one RENAME TABLE are a warning: the name is there all the time; an error where the new table
is known to lack a column of the old one, or was made by the same revision or file, so that it lacks rows.  A warning,
too, is one whose old name
goes to a view of all its columns in the same transaction: what isn't a plain view over it is not written like it.
Remedy: make the new table beside the old one, keep both in step, copy the rows in a data migration, and drop the old
one in contract; or keep the name and map the class to it (__tablename__).

Bad:   op.rename_table("users", "accounts")
Good:  op.create_table("accounts", sa.Column("id", sa.Integer()))   # a data migration; drop users in contract

Source: reasoning; a table created in the same revision is exempt.
"""

from __future__ import annotations

from migrator.check.pasting import Code, call
from migrator.check.rule import Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o
from migrator.model.finding import Severity


def _find(op: o.Operation, at: Situation) -> Problem | None:
    if not isinstance(op, o.RenameTable) or not at.existed(op):
        return None
    new = f"{op.new_schema}.{op.new_name}" if op.new_schema else op.new_name
    others = [one for one in at.statement if isinstance(one, o.RenameTable) and one != op]
    swapped = any(one.new_name == op.table or one.table == op.new_name for one in others)
    return Problem(
        message=(
            f"renames table {op.target} to {new}: running code that uses the old name fails at once; takes"
            f" {at.traits.table_lock}"
        ),
        remedy=(
            f'keep the table\'s name in the database:  __tablename__ = "{op.table}";  or make {new} beside it:'
            f"  {call('create_table', op.new_name, Code('...'), schema=op.new_schema or op.schema)}"
        ),
        severity=Severity.WARNING if (swapped and _alike(op, others, at)) or _keeps_a_view(op, at) else None,
    )


def _alike(op: o.RenameTable, others: list[o.RenameTable], at: Situation) -> bool:
    """Whether the table that gets the name may have all the columns of the one that had it, and its rows: one that was
    made just now has none that was written since."""
    fresh = next((one for one in others if one.new_name == op.table), None)
    old, new = at.table(op), None if fresh is None else at.table(fresh)
    if fresh is not None and not at.existed(fresh):
        return False
    if old is None or new is None or not old.columns or not new.columns:
        return True
    return all(new.column(str(one["name"])) is not None for one in old.columns)


def _keeps_a_view(op: o.RenameTable, at: Situation) -> bool:
    """Whether a view takes the old name that shows every column: one over one table is read and written like it."""
    view, table = at.view_afterwards(op.table, op.schema), at.table(op)
    if view is None or table is None:
        return False
    return view.shows == ("*",) or {str(one["name"]) for one in table.columns} <= set(view.shows)


RULE = Rule(
    id="rename-table",
    family=Family.OLD_CODE,
    find=_find,
    source="reasoning: code that runs beside expand still uses the old name",
)
