"""In which transactions the statements of a file run, where a server has transactions for DDL.

A file that says BEGIN is taken at its word.  Else all of it counts as one transaction, which is how most tools send a
file; but where a statement in it can't stand in one, each commits by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from migrator.model import operation as o
from migrator.scripts.recording import RecordedItem

_BEGINS = ("BEGIN", "START")
_ENDS = ("COMMIT", "ROLLBACK", "PREPARE")


def in_transactions(items: Sequence[RecordedItem]) -> tuple[RecordedItem, ...]:
    """The items again, each with whether it commits by itself, and whether a BEGIN stands before it."""
    controlled = any(isinstance(one, o.TransactionControl) for item in items for one in item.operations)
    alone = any(_stands_outside(item.operations) for item in items)
    found, begun = [], False
    for item in items:
        begun = _begun(item.operations, begun)
        autocommit = not begun if controlled else alone
        found.append(replace(item, autocommit=autocommit, in_transaction=begun))
    return tuple(found)


def _begun(operations: Iterable[o.Operation], before: bool) -> bool:
    for one in operations:
        if isinstance(one, o.TransactionControl) and one.verb in _BEGINS:
            before = True
        elif isinstance(one, o.TransactionControl) and one.verb in _ENDS:
            before = False
    return before


def _stands_outside(operations: Iterable[o.Operation]) -> bool:
    return any(
        (isinstance(one, o.CreateIndex | o.DropIndex) and one.concurrently)
        or (isinstance(one, o.Act) and (one.concurrently or one.kind is o.ActKind.VACUUM_FULL))
        or (isinstance(one, o.Harmless) and one.alone)
        for one in operations
    )
