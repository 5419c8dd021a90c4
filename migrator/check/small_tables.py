"""Tables that the settings call small: what keeps traffic out of them for as long as they are large is soon over.

What destroys something, breaks running code or is held for as long as a transaction lasts counts there as everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from migrator.check.rule import Family, Rule
from migrator.check.rules import all_rules
from migrator.model import operation as o
from migrator.model.plan import TableName


@dataclass(frozen=True, kw_only=True)
class SmallTables:
    """``names`` as the revisions write them: with a schema only where they do."""

    names: frozenset[TableName] = field(default_factory=frozenset)

    @classmethod
    def of(cls, texts: Iterable[str]) -> SmallTables:
        """From the setting: ``countries``, ``app.settings``."""
        parts = (text.rpartition(".") for text in texts)
        return cls(names=frozenset((schema or None, table) for schema, _, table in parts))

    def excuse(self, rule: Rule | str, tables: Iterable[TableName]) -> bool:
        """Whether the rule is about nothing but the size of tables that are all small; False where none is named."""
        locked = set(tables)
        return bool(locked) and locked <= self.names and _is_about_size(rule)


def _is_about_size(rule: Rule | str) -> bool:
    """A rule, or the id of a refusal of the planner's that may be no rule's."""
    known = rule if isinstance(rule, Rule) else next((one for one in all_rules() if one.id == rule), None)
    return known is None or (known.family is Family.LOCK and not known.momentary)


def locked_tables(operation: o.Operation) -> frozenset[TableName]:
    """All the tables that the operation may lock; empty where they aren't all known, as for ``DROP INDEX name``."""
    if isinstance(operation, o.CreateTable):
        return frozenset()
    if isinstance(operation, o.Act) and operation.kind is o.ActKind.ENFORCE:
        return frozenset()
    if isinstance(operation, o.AddConstraint):
        referred = {(operation.references_schema, operation.references)} if operation.references else set()
        return frozenset({(operation.schema, operation.table), *referred})
    if isinstance(operation, o.Act) and operation.kind in _PARTITIONS:
        return frozenset({(operation.schema, operation.table), (operation.other_schema, operation.other)})
    table = getattr(operation, "table", "")
    return frozenset({(getattr(operation, "schema", None), table)}) if table else frozenset()


_PARTITIONS = frozenset({o.ActKind.ATTACH_PARTITION, o.ActKind.DETACH_PARTITION, o.ActKind.DROP_PARTITION})
