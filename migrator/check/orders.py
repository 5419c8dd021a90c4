"""The orders in which databases meet the revisions, and what is missing or already there in each."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush

from migrator.check.names import Name, made, removed, used
from migrator.check.names import table as table_name
from migrator.model import operation as o
from migrator.model.phase import Phase
from migrator.scripts.graph import RevisionGraph
from migrator.scripts.recording import RecordedItem, Recording

ADDITIONS_FIRST = "where all expands run before the first contract, as in a new database"
EACH_IN_TURN = "where each contract has run before the next expands, as in a database that met every release"
_TOLERANT = re.compile(r"\bIF\s+(NOT\s+)?EXISTS\b", re.IGNORECASE)
_VIEWS = (o.ObjectKind.VIEW, o.ObjectKind.MATERIALIZED_VIEW)


@dataclass(frozen=True, kw_only=True)
class Misplaced:
    """A call that can't work in some order; ``why`` completes "the revision ..."."""

    revision: str
    why: str
    item: RecordedItem = field(compare=False, hash=False)


def orders(graph: RevisionGraph, waits: Mapping[str, Collection[str]]) -> Mapping[str, Sequence[str]]:
    """What an order is for a person → the revisions in it; the second only where it differs.

    Args:
        waits: contract → other revisions that it waits for, beside its parents.
    """
    first = _ordered(graph, waits, early=Phase.EXPAND)
    turns = _ordered(graph, waits, early=Phase.CONTRACT)
    return {ADDITIONS_FIRST: first} if turns == first else {ADDITIONS_FIRST: first, EACH_IN_TURN: turns}


def _ordered(graph: RevisionGraph, waits: Mapping[str, Collection[str]], *, early: Phase) -> tuple[str, ...]:
    """Revisions of the early phase as soon as they may run, else of the trunk, else others; each by the graph's order.

    What waits for itself, by way of ``waits``, comes when nothing else is left.
    """
    place = {one: number for number, one in enumerate(graph.order)}
    needs = {one: {*graph.revisions[one].parents, *waits.get(one, ())} & place.keys() for one in graph.order}
    needed_by: dict[str, list[str]] = {}
    for one, before in needs.items():
        for each in before:
            needed_by.setdefault(each, []).append(one)
    ranks = {early: 0, Phase.TRUNK: 1}

    def ticket(one: str) -> tuple[int, int, str]:
        return ranks.get(graph.revisions[one].phase, 2), place[one], one

    ready = [ticket(one) for one, before in needs.items() if not before]
    heapify(ready)
    done: dict[str, None] = {}
    for stuck in (None, *graph.order):
        if stuck is not None and stuck not in done:
            heappush(ready, ticket(stuck))
        while ready:
            one = heappop(ready)[2]
            if one in done:
                continue
            done[one] = None
            for each in needed_by.get(one, ()):
                needs[each].discard(one)
                if not needs[each]:
                    heappush(ready, ticket(each))
    return tuple(done)


def misplaced(
    order: Sequence[str], recorded: Mapping[str, Recording], asking: Collection[str] = ()
) -> Iterator[Misplaced]:
    """What uses a name that isn't there yet or any more, or makes one that is.

    Names that the history never makes or drops don't count.

    Args:
        asking: revisions that may ask the database, and so know what they do.
    """
    ever = {name for one in recorded.values() for item in one.items for op in item.operations for name in made(op)}
    world = _World(ever=frozenset(ever))
    for revision in order:
        recording = recorded[revision]
        asks = recording.error is not None or revision in asking
        for item in recording.items:
            tolerant = asks or any(_TOLERANT.search(one) for one in item.statements)
            for operation in item.operations:
                why = "" if tolerant else world.refusal(operation)
                if why:
                    yield Misplaced(revision=revision, why=why, item=item)
                world.learn(operation)


@dataclass(kw_only=True)
class _World:
    """Tables with their columns (None: not known which)."""

    ever: frozenset[Name]
    tables: dict[tuple[str | None, str], set[str] | None] = field(default_factory=dict)
    gone: set[Name] = field(default_factory=set)

    def refusal(self, operation: o.Operation) -> str:
        """Why the operation can't work now; empty where it can, or nobody knows."""
        for name in used(operation):
            if not self._has(name) and (name in self.ever or name in self.gone):
                state = "is gone by then" if name in self.gone else "isn't there yet"
                return f"uses {name}, which {state}"
        if getattr(operation, "unless_exists", False) or getattr(operation, "replaces", False):
            return ""
        for name in made(operation):
            if name.kind == "table" and self._has(name):
                return f"makes {name}, which is there already"
            if name.kind == "column" and not isinstance(operation, o.CreateTable) and self._knows(name):
                return f"adds {name}, which is there already"
        return ""

    def _has(self, name: Name) -> bool:
        if name.kind == "table":
            return (name.schema, name.name) in self.tables
        columns = self.tables.get((name.schema, name.table), None)
        return columns is None or name.name in columns

    def _knows(self, name: Name) -> bool:
        columns = self.tables.get((name.schema, name.table))
        return columns is not None and name.name in columns

    def learn(self, operation: o.Operation) -> None:
        """As if it had worked."""
        taken = [name for name in removed(operation) if name.kind in ("table", "column")]
        kept = {name: self.tables.get((name.schema, name.name)) for name in taken if name.kind == "table"}
        for name in taken:
            self.gone.add(name)
            if name.kind == "table":
                self.tables.pop((name.schema, name.name), None)
            else:
                (self.tables.get((name.schema, name.table)) or set()).discard(name.name)
        match operation:
            case o.CreateTable():
                columns = {one.name for one in operation.columns}
                self._table(operation.table, operation.schema, columns if columns and not operation.like else None)
            case o.RenameTable():
                columns_of = kept.get(table_name(operation.table, operation.schema))
                self._table(operation.new_name, operation.new_schema or operation.schema, columns_of)
            case o.AddColumn() | o.AlterColumn():
                for name in made(operation):
                    self.gone.discard(name)
                    (self.tables.get((name.schema, name.table)) or set()).add(name.name)
            case o.CreateObject() if operation.kind in _VIEWS:
                self._table(operation.name, operation.schema, None)
            case o.DropObject() if operation.kind in _VIEWS:
                self.tables.pop((operation.schema, operation.name), None)

    def _table(self, name: str, schema: str | None, columns: set[str] | None) -> None:
        self.tables[(schema, name)] = columns
        self.gone.discard(table_name(name, schema))
