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

_KEYS = (o.ConstraintKind.UNIQUE, o.ConstraintKind.PRIMARY_KEY)
_COMPUTED = re.compile(r"\bDEFAULT\s*(\(|CURRENT_)", re.IGNORECASE)


def _find(op: o.Operation, at: Situation) -> Problem | None:
    why = ""
    if at.text and isinstance(op, o.TableOperation):
        why = _refused_addition(op, at) or _refused_drop(op, at)
    if not why:
        return None
    code = call("batch_alter_table", op.table, schema=op.schema) if isinstance(op, o.TableOperation) else ""
    return Problem(message=f"SQLite refuses this: {why}", remedy=f"with {code} as batch: ...")


def _refused_addition(op: o.TableOperation, at: Situation) -> str:
    added = [one for one in at.statement if isinstance(one, o.AddColumn)]
    if isinstance(op, o.AddConstraint) and added and op.kind in _KEYS and at.raw:
        return f"a column is added without {op.kind}, or not at all"
    if not isinstance(op, o.AddColumn):
        return ""
    if op.column.generated == "stored":
        return f"a stored generated column ({op.column.name}) can't be added"
    computed = at.existed(op) and _COMPUTED.search(at.text)
    return f"a column that is added ({op.column.name}) has a constant default" if computed else ""


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
