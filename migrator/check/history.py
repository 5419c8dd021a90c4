"""The whole history around a revision: what rules ask that no single statement answers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import sqlalchemy as sa

from migrator.check.names import Name, made, removed
from migrator.check.orders import Misplaced, misplaced, orders
from migrator.check.same_code import revision_in
from migrator.model.operation import Operation
from migrator.model.phase import Phase
from migrator.model.revision import Revision
from migrator.scripts.followed import may_ask
from migrator.scripts.git_changes import Since
from migrator.scripts.graph import RevisionGraph
from migrator.scripts.recording import RecordedItem, Recording
from migrator.scripts.rewriting import source_of

Done = tuple[RecordedItem, Operation]


@dataclass(frozen=True, kw_only=True)
class History:
    """What a rule about revisions may ask.

    Attributes:
        graph: all revisions, the trunk's too.
        chosen: ids of those that are judged.
        recorded: dialect → revision → what it did; the same revisions for each dialect.
        data: data migration → what it requires; None where they aren't known.
        metadata: the application's models, where env.py has them.
        since: what changed since the last release; None where nobody said what that is.
    """

    graph: RevisionGraph
    chosen: Collection[str]
    recorded: Mapping[str, Mapping[str, Recording]]
    data: Mapping[str, Collection[str]] | None = None
    metadata: sa.MetaData | None = field(default=None, compare=False)
    since: Since | None = None

    @cached_property
    def empty(self) -> frozenset[str]:
        """Revisions that do nothing on any dialect."""
        return frozenset(
            one
            for one in self.graph.order
            if all(_does_nothing(history[one]) for history in self.recorded.values() if one in history)
        )

    def released(self, revision: Revision) -> bool:
        """Whether it was there at the commit of ``since``: what it does may be in databases already."""
        return self.since is not None and (
            revision.path.resolve() in self.since.existed or revision.id in self._moved_or_changed
        )

    @cached_property
    def _moved_or_changed(self) -> frozenset[str]:
        return frozenset() if self.since is None else frozenset(map(revision_in, self.since.texts.values()))

    def operations(self, revision: str) -> Iterator[Done]:
        """What a revision does on any dialect and on any way, each once, with the call that asks for it; in order."""
        return iter(self._operations[revision])

    @cached_property
    def _operations(self) -> Mapping[str, tuple[Done, ...]]:
        return {one: tuple(_done([recorded[one] for recorded in self.recorded.values()])) for one in self.graph.order}

    @cached_property
    def removing(self) -> Mapping[Name, tuple[Revision, ...]]:
        """Name → the contracts that take it away, in order."""
        found: dict[Name, dict[str, Revision]] = {}
        for one in self.graph.of_phase(Phase.CONTRACT):
            for _, operation in self.operations(one.id):
                for name in removed(operation):
                    found.setdefault(name, {})[one.id] = one
        return {name: tuple(contracts.values()) for name, contracts in found.items()}

    def made_after(self, name: Name, revision: str) -> bool:
        """Whether the revision itself, or one that comes after it in the graph's order, makes the name."""
        later = self.graph.order[self.graph.order.index(revision) :]
        return any(name in made(operation) for one in later for _, operation in self.operations(one))

    @cached_property
    def out_of_order(self) -> Mapping[str, Mapping[Misplaced, str]]:
        """Revision → what of it can't work → in which order, for a person; empty where it can't in any."""
        ways = orders(self.graph, self._waits)
        sources = {one.id: source_of(str(one.path)) for one in self.graph.revisions.values()}
        asking = {one for one, source in sources.items() if may_ask(source)}
        told: dict[Misplaced, set[str]] = {}
        for where, order in ways.items():
            for recorded in self.recorded.values():
                for one in misplaced(order, recorded, asking):
                    told.setdefault(one, set()).add(where)
        found: dict[str, dict[Misplaced, str]] = {}
        for one, places in told.items():
            found.setdefault(one.revision, {})[one] = "" if len(places) == len(ways) else min(places)
        return found

    @property
    def _waits(self) -> Mapping[str, Collection[str]]:
        """Contract → the expands of its change, and those that its data migrations require.

        One that names nothing, which is a finding of its own, waits for all that don't wait for it.
        """
        expands = self.graph.of_phase(Phase.EXPAND)
        waits: dict[str, Collection[str]] = {}
        for one in self.graph.of_phase(Phase.CONTRACT):
            waits[one.id] = {*(each.id for each in self.expands_of(one)), *self.required_by_data(one)}
            if not (one.anchor or one.depends_on or waits[one.id]):
                waits[one.id] = {each.id for each in expands if one.id not in self.graph.closure([each.id])}
        return waits

    def required_by_data(self, contract: Revision) -> Iterator[str]:
        """Ids of the expands that the contract's data migrations require."""
        names = {name for data in contract.requires_data for name in (self.data or {}).get(data, ())}
        for one in self.graph.of_phase(Phase.EXPAND):
            if one.id in names or one.change in names:
                yield one.id

    def expands_of(self, contract: Revision) -> tuple[Revision, ...]:
        """The expands that a contract revision belongs to: of its change, and those that it names; in order."""
        named = {one for one in contract.depends_on if self.graph.revisions[one].phase is Phase.EXPAND}
        return tuple(
            one
            for one in self.graph.of_phase(Phase.EXPAND)
            if not one.anchor and (one.id in named or one.change == contract.change)
        )


def _done(recordings: Iterable[Recording]) -> Iterator[Done]:
    seen: set[tuple[str, int, Operation]] = set()
    for item in (item for one in recordings for way in one.all_ways for item in way.items):
        for operation in item.operations:
            place = (item.file, item.line, operation)
            if place not in seen:
                seen.add(place)
                yield item, operation


def _does_nothing(recording: Recording) -> bool:
    return not (recording.items or recording.error is not None or recording.conditional or recording.ways)
