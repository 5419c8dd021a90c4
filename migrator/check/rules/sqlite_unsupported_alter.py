"""sqlite-unsupported-alter: a statement that SQLite's ALTER TABLE doesn't know.

Effect: the server refuses it when it comes, whatever is in the table, or as soon as a row is.
Remedy: op.batch_alter_table, which builds the table anew.

Bad:   op.execute("ALTER TABLE users ADD COLUMN code TEXT UNIQUE")
Good:  with op.batch_alter_table("users") as batch: batch.add_column(...); batch.create_unique_constraint(...)

Source: SQLite manual, ALTER TABLE: https://sqlite.org/lang_altertable.html
"""

from __future__ import annotations

import re

from migrator.check.pasting import call
from migrator.check.rule import BLOCKS_EVERYWHERE, Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o
from migrator.model.finding import Severity

_KEYS = (o.ConstraintKind.UNIQUE, o.ConstraintKind.PRIMARY_KEY)
_COMPUTED = re.compile(r"\bDEFAULT\s*(\(|CURRENT_)", re.IGNORECASE)


def _find(op: o.Operation, at: Situation) -> Problem | None:
    if not at.text or not isinstance(op, o.TableOperation):
        return None
    remedy = f"with {call('batch_alter_table', op.table, schema=op.schema)} as batch: ..."
    why = _refused_key(op, at) or _refused_drop(op, at)
    if why:
        return Problem(message=f"SQLite refuses this: {why}", remedy=remedy)
    why = _refused_with_rows(op, at)
    message = f"SQLite refuses this as soon as table {op.target} has a row: {why}"
    return Problem(message=message, remedy=remedy, severity=Severity.WARNING) if why else None


def _refused_key(op: o.TableOperation, at: Situation) -> str:
    added = any(isinstance(one, o.AddColumn) for one in at.statement)
    keyed = isinstance(op, o.AddConstraint) and op.kind in _KEYS and added and at.raw
    return f"no column is added with a {op.kind}" if keyed and isinstance(op, o.AddConstraint) else ""


def _refused_with_rows(op: o.TableOperation, at: Situation) -> str:
    if not isinstance(op, o.AddColumn) or not at.existed(op):
        return ""
    if op.column.generated == "stored":
        return f"no stored generated column ({op.column.name}) is added"
    return f"a column that is added ({op.column.name}) has a constant default" if _COMPUTED.search(at.text) else ""


def _refused_drop(op: o.TableOperation, at: Situation) -> str:
    table = at.table(op) if isinstance(op, o.DropColumn) else None
    if table is None or not isinstance(op, o.DropColumn):
        return ""
    keys = {
        "the primary key": [table.primary_key["constrained_columns"]],
        "a unique constraint": [one["column_names"] for one in table.uniques],
        "an index": [one["column_names"] for one in table.indexes],
        "a foreign key": [one["constrained_columns"] for one in table.foreign_keys],
    }
    of = next((name for name, held in keys.items() if any(op.column in one for one in held)), "")
    return f"column {op.column} is in {of} of the table" if of else ""


RULE = Rule(
    id="sqlite-unsupported-alter",
    find=_find,
    family=Family.DATA,
    phases=BLOCKS_EVERYWHERE,
    dialects=("sqlite",),
    source="SQLite manual, ALTER TABLE: https://sqlite.org/lang_altertable.html",
)
