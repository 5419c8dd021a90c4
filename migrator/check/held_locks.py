"""Which tables of others the transaction that a statement runs in has locked before it, where DDL has transactions."""

from __future__ import annotations

from collections.abc import Sequence, Set

from migrator.dialects.checking import Traits
from migrator.dialects.planning import begins_anew
from migrator.model import operation as o
from migrator.model.plan import Blocks, Plan, TableName
from migrator.scripts.recording import RecordedItem


class HeldLocks:
    """Kept from statement to statement: a file's go on in its transaction, a revision's where the executor lets them.

    Args:
        text: they are those of a file.
    """

    def __init__(self, traits: Traits, *, text: bool) -> None:
        self._traits = traits
        self._text = text
        self._held: set[TableName] = set()

    def before(self, item: RecordedItem, plans: Sequence[Plan], made: Set[TableName]) -> frozenset[TableName]:
        """The tables that readers or writers are kept from while the statement runs, without those that it locks.

        Args:
            made: the tables that nobody else uses.
        """
        if not self._traits.one_transaction or item.autocommit:
            self._held.clear()
        step = next((step for plan in plans for step in plan.steps), None)
        if not self._text and step is not None and (step.outside or begins_anew(step, self._held)):
            self._held.clear()
        found = frozenset(self._held)
        self._take(item, plans, made)
        return found

    def _take(self, item: RecordedItem, plans: Sequence[Plan], made: Set[TableName]) -> None:
        for step in (step for plan in plans for step in plan.steps):
            if not self._text and (step.outside or step.alone or begins_anew(step, self._held)):
                self._held.clear()
            if not (step.outside or step.alone) and step.blocks is not Blocks.NOTHING:
                self._held |= {self._plain(table) for table in step.tables} - made
        if any(isinstance(one, o.TransactionControl) for one in item.operations):
            self._held.clear()

    def _plain(self, table: TableName) -> TableName:
        """The name as the operations have it: without the schema that goes without saying."""
        return (None if table[0] == self._traits.default_schema else table[0], table[1])
