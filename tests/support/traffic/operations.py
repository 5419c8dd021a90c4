"""What a client did, and the stretches of a run.  All moments are seconds of the system's monotonic clock, which is
the same in every process."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TextIO

KINDS = ("read", "update", "insert")


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One transaction of a client.

    Attributes:
        client: its number.
        kind: one of ``KINDS``.
        start, end: monotonic seconds.
        thought: seconds in which it held its transaction open on purpose.
        error: class and code of what it got instead of a result; empty for none.
    """

    client: int
    kind: str
    start: float
    end: float
    thought: float = 0.0
    error: str = ""

    @property
    def stall(self) -> float:
        """Seconds that the client waited for the database."""
        return self.end - self.start - self.thought

    def crosses(self, start: float, end: float) -> bool:
        """Whether it was under way at some moment of that stretch."""
        return self.start <= end and self.end >= start


@dataclass(frozen=True, kw_only=True)
class Phase:
    """A stretch of the run; ``quiet`` when nothing was done to the table."""

    name: str
    start: float
    end: float
    quiet: bool = False

    @property
    def seconds(self) -> float:
        return self.end - self.start


@dataclass(frozen=True, kw_only=True)
class Statement:
    """A statement that changed the schema, from its sending to its answer."""

    sql: str
    start: float
    end: float


def write_operations(file: TextIO, operations: Iterable[Operation]) -> None:
    """One line of JSON each."""
    for operation in operations:
        file.write(json.dumps(asdict(operation)) + "\n")


def read_operations(file: Path) -> Iterator[Operation]:
    """In the order of the file."""
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            yield Operation(**json.loads(line))
