"""What each client did and saw, one line an operation, kept in files beside the database and not in it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from examples.inventory.domain import Flavor, Instance

KINDS = ("SELECT", "INSERT", "UPDATE", "DELETE")


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One transaction of a client.

    Attributes:
        kind: the statement that it is about, one of ``KINDS``.
        phase: number of the phase in which it began.
        start: seconds since the epoch.
        end: the same.
        thought: seconds of its time in which it paused on purpose.
        instance: the id; None for a page of instances.
        version: the version that a change produced; None for reads, and for a row that wasn't there.
        host: what a change wrote there; None when it left it alone.
        flavor: the same.
        seen: what a read returned.
        error: class and code of what the client got instead of a result; empty for none.
    """

    release: str
    kind: str
    phase: int
    start: float
    end: float
    thought: float = 0.0
    instance: int | None = None
    version: int | None = None
    host: str | None = None
    flavor: Flavor | None = None
    seen: tuple[Instance, ...] = ()
    error: str = ""

    @property
    def stall(self) -> float:
        """Seconds that the client waited for the database."""
        return self.end - self.start - self.thought


def line_of(operation: Operation) -> str:
    """An operation as a line of JSON."""
    values = {key: value for key, value in vars(operation).items() if value not in (None, "", (), 0.0)}
    if operation.flavor:
        values["flavor"] = _flavor_values(operation.flavor)
    if operation.seen:
        values["seen"] = [[one.id, one.version, one.host, _flavor_values(one.flavor)] for one in operation.seen]
    return json.dumps(values) + "\n"


def read_journals(files: Iterable[Path]) -> list[Operation]:
    """All operations, in the order of their start."""
    found = [_operation(line) for file in files for line in _lines(file)]
    return sorted(found, key=lambda operation: operation.start)


def _lines(file: Path) -> Iterator[str]:
    with file.open(encoding="utf-8") as lines:
        yield from lines


def _operation(line: str) -> Operation:
    values: dict[str, Any] = json.loads(line)
    if "flavor" in values:
        values["flavor"] = _flavor(values["flavor"])
    seen = values.pop("seen", ())
    values["seen"] = tuple(Instance(id=i, version=v, host=h, flavor=_flavor(f)) for i, v, h, f in seen)
    return Operation(**{"phase": 0, **values})


def _flavor_values(flavor: Flavor | None) -> list[Any] | None:
    return None if flavor is None else [flavor.id, flavor.name, flavor.memory_mb, flavor.vcpus]


def _flavor(values: list[Any] | None) -> Flavor | None:
    if values is None:
        return None
    id, name, memory_mb, vcpus = values
    return Flavor(id=id, name=name, memory_mb=memory_mb, vcpus=vcpus)
