"""contract-without-data: a contract removes or forbids what no data migration has moved.

Effect: the rows that were there before the expand have nothing in the new column: their old values are lost with the
old one, or SET NOT NULL fails on them.
Remedy: a data migration that fills the new column, and requires_data in the contract.

Bad:   expand adds users.full_name, contract drops users.name, and migrations/data has nothing for it
Good:  requires_data = ["user_full_name"]

Source: reasoning: a sync trigger, or code that writes both, reaches only the rows that are written.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrator.check.history import History
from migrator.check.rule import Family, Problem, Rule, found_elsewhere
from migrator.model import operation as o
from migrator.model.finding import Severity
from migrator.model.phase import Phase
from migrator.model.revision import Revision


def _find(revision: Revision, history: History) -> Iterator[Problem]:
    expands = history.expands_of(revision)
    if revision.anchor or revision.requires_data or history.data is None or _moved(revision, expands, history):
        return
    added = [(one, operation) for one in expands for _, operation in history.operations(one.id)]
    tables_changed = {one.table for _, one in added if isinstance(one, o.ChangeRows)}
    for item, operation in history.operations(revision.id):
        if isinstance(operation, o.TableOperation) and operation.table not in tables_changed:
            why = _unmoved(operation, [one for _, one in added])
            if why:
                yield Problem(
                    message=f"contract {revision.id} {why}, and no data migration requires"
                    f" {', '.join(one.id for one in expands)}",
                    remedy=f"write the data migration with requires=({expands[-1].id!r},), and here requires_data ="
                    f' ["<its name>"]',
                    item=item,
                )


def _moved(revision: Revision, expands: tuple[Revision, ...], history: History) -> bool:
    """Whether some data migration comes after an expand of the contract's."""
    names = {revision.change, *(one.id for one in expands), *(one.change for one in expands)}
    return any(not names.isdisjoint(requires) for requires in (history.data or {}).values())


def _unmoved(operation: o.TableOperation, added: list[o.Operation]) -> str:
    """What it does to values that nobody has moved; empty for nothing."""
    columns = [one.column for one in added if isinstance(one, o.AddColumn) and _same_table(one, operation)]
    tables = [one.table for one in added if isinstance(one, o.CreateTable)]
    names = [one.name for one in columns]
    empty = [one.name for one in columns if one.nullable and not one.fills_itself]
    match operation:
        case o.DropColumn() if names and operation.column not in names:
            return (
                f"drops {operation.target}.{operation.column}, in whose place its expand put {', '.join(sorted(names))}"
            )
        case o.DropTable() if tables and operation.table not in tables:
            return f"drops table {operation.target}, in whose place its expand put {', '.join(sorted(tables))}"
        case o.AlterColumn(nullable=False) if operation.column in empty:
            return f"sets {operation.target}.{operation.column} NOT NULL, which its expand added without a value"
        case o.AddConstraint() if operation.proves in empty:
            return f"refuses NULL in {operation.target}.{operation.proves}, which its expand added without a value"
        case _:
            return ""


def _same_table(one: o.TableOperation, other: o.TableOperation) -> bool:
    return (one.schema, one.table) == (other.schema, other.table)


RULE = Rule(
    id="contract-without-data",
    family=Family.DESTRUCTIVE,
    find=found_elsewhere,
    in_history=_find,
    source="reasoning: a sync trigger, or code that writes both, reaches only the rows that are written",
    phases={Phase.CONTRACT: Severity.ERROR},
)
