"""drop-cascade: a DROP ... CASCADE takes along what nobody named.

Effect: views, foreign keys, functions and columns that depend on it go too, whichever they are on the day that it runs.
Remedy: drop what depends on it by name; without CASCADE the server refuses where something was forgotten.

Bad:              op.execute("DROP TABLE orders CASCADE")
Good (contract):  op.execute("DROP MATERIALIZED VIEW totals"); op.execute("DROP VIEW active"); op.drop_table("orders")

Source: PostgreSQL manual, Dependency Tracking: https://www.postgresql.org/docs/current/ddl-depend.html
"""

from __future__ import annotations

from migrator.check.rule import POSTGRESQL, Family, Problem, Rule
from migrator.check.situation import Situation
from migrator.model import operation as o
from migrator.model.finding import Severity
from migrator.model.phase import Phase


def _find(op: o.Operation, at: Situation) -> Problem | None:
    if not getattr(op, "cascade", False) or isinstance(op, o.Truncate) or _is_new(op, at):
        return None
    what = f"table {op.target}" if isinstance(op, o.DropTable) else _what(op)
    return Problem(
        message=f"drops {what} and whatever depends on it on that day, which nobody has named",
        remedy="drop what depends on it by name, then this without CASCADE",
    )


def _what(op: o.Operation) -> str:
    match op:
        case o.DropColumn():
            return f"column {op.target}.{op.column}"
        case o.DropConstraint():
            return f"constraint {op.name} of table {op.target}"
        case o.DropObject():
            return f"{op.kind} {op.name}"
        case _:
            return "it"


def _is_new(op: o.Operation, at: Situation) -> bool:
    if isinstance(op, o.DropColumn):
        return not at.column_existed(op, op.column)
    if isinstance(op, o.DropObject):
        return not at.object_existed(op)
    return isinstance(op, o.TableOperation) and not at.existed(op)


RULE = Rule(
    id="drop-cascade",
    find=_find,
    family=Family.DESTRUCTIVE,
    phases={Phase.EXPAND: Severity.ERROR, Phase.CONTRACT: Severity.WARNING},
    dialects=POSTGRESQL,
    source="PostgreSQL manual, Dependency Tracking: https://www.postgresql.org/docs/current/ddl-depend.html",
)
