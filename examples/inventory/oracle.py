"""Compares what clients saw, and what is in the database at the end, with what they wrote.

Every change counts up the row's version inside its own transaction, so the versions of a row are the order in which all
releases changed it.  A row must be what the last write of each field up to its version made it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from examples.inventory.domain import Flavor, Instance
from examples.inventory.journal import Operation

Value = TypeVar("Value")


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What doesn't agree, one sentence each; empty lists are what one wants.

    Attributes:
        lost: rows at the end that are not what was written, each row once.
        stale: reads that returned something else than what was written.
        rows: how many rows were compared at the end.
        reads: how many rows were compared in reads.
    """

    lost: tuple[str, ...]
    stale: tuple[str, ...]
    rows: int
    reads: int


@dataclass(kw_only=True)
class _Writes(Generic[Value]):
    versions: list[int] = field(default_factory=list)
    values: list[Value] = field(default_factory=list)

    def add(self, version: int, value: Value) -> None:
        self.versions.append(version)
        self.values.append(value)

    def at(self, version: int) -> Value | None:
        """The last write up to a version."""
        place = bisect_right(self.versions, version)
        return self.values[place - 1] if place else None


@dataclass(kw_only=True)
class _History:
    """All writes to one row, in the order of their versions."""

    hosts: _Writes[str] = field(default_factory=_Writes)
    flavors: _Writes[Flavor] = field(default_factory=_Writes)
    versions: list[int] = field(default_factory=list)
    deleted: bool = False

    def add(self, version: int, host: str | None, flavor: Flavor | None) -> None:
        self.versions.append(version)
        if host is not None:
            self.hosts.add(version, host)
        if flavor is not None:
            self.flavors.add(version, flavor)

    def at(self, id: int, version: int) -> Instance:
        return Instance(id=id, version=version, host=self.hosts.at(version), flavor=self.flavors.at(version))


def judge(seeded: Iterable[Instance], operations: Iterable[Operation], final: Iterable[Instance]) -> Verdict:
    """Compare.

    Args:
        seeded: the rows before the first operation.
        operations: of all clients of all releases.
        final: every row at the end, as the release that is left sees it.
    """
    done = list(operations)
    histories = _histories(seeded, done)
    reads = [(one, seen) for one in done for seen in one.seen]
    stale = [_stale(one, seen, histories) for one, seen in reads]
    missing = [f"release {one.release} did not find instance {one.instance}" for one in done if _vanished(one)]
    rows = {instance.id: instance for instance in final}
    lost = [_lost(id, history, rows.get(id)) for id, history in histories.items()]
    lost += [f"instance {id} is there, and nobody wrote it" for id in rows.keys() - histories.keys()]
    return Verdict(
        lost=tuple(filter(None, lost)),
        stale=(*missing, *filter(None, stale)),
        rows=len(rows.keys() | histories.keys()),
        reads=len(reads),
    )


def _histories(seeded: Iterable[Instance], operations: list[Operation]) -> dict[int, _History]:
    histories: dict[int, _History] = {}
    for instance in seeded:
        histories.setdefault(instance.id, _History()).add(instance.version, instance.host, instance.flavor)
    changes = [one for one in operations if not one.error and one.version is not None]
    for change in sorted(changes, key=lambda one: one.version or 0):
        if change.instance is not None and change.version is not None:
            histories.setdefault(change.instance, _History()).add(change.version, change.host, change.flavor)
    for one in operations:
        if one.kind == "DELETE" and one.instance is not None and not one.error:
            histories.setdefault(one.instance, _History()).deleted = True
    return histories


def _vanished(operation: Operation) -> bool:
    """Clients touch rows that nobody else deletes."""
    if operation.error or operation.instance is None:
        return False
    return (operation.kind == "SELECT" and not operation.seen) or (
        operation.kind == "UPDATE" and operation.version is None
    )


def _stale(operation: Operation, seen: Instance, histories: dict[int, _History]) -> str:
    history = histories.get(seen.id)
    if history is None or seen.version not in history.versions:
        return f"release {operation.release} read version {seen.version} of instance {seen.id}, which nobody wrote"
    difference = _difference(history.at(seen.id, seen.version), seen)
    return f"release {operation.release} read instance {seen.id}: {difference}" if difference else ""


def _lost(id: int, history: _History, row: Instance | None) -> str:
    if history.deleted:
        return f"instance {id} was deleted and is there" if row is not None else ""
    if row is None:
        return f"instance {id} is gone"
    count = len(history.versions)
    if history.versions != list(range(1, count + 1)) or row.version != count:
        return f"instance {id} has version {row.version} after {count} recorded writes"
    difference = _difference(history.at(id, row.version), row)
    return f"instance {id}: {difference}" if difference else ""


def _difference(written: Instance, seen: Instance) -> str:
    found = []
    if written.host != seen.host:
        found.append(f"host {seen.host} where {written.host} was written")
    if written.flavor != seen.flavor:
        found.append(f"flavor {_named(seen.flavor)} where {_named(written.flavor)} was written")
    return f"at version {seen.version} " + " and ".join(found) if found else ""


def _named(flavor: Flavor | None) -> str:
    return flavor.name if flavor else "none"
