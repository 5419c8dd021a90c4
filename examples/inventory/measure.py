"""What the journals say: how much was done in each phase, what went wrong, and whether it was enough to tell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from examples.inventory.journal import KINDS, Operation
from examples.inventory.tool import Applied

IN_BETWEEN = -1  # the number of no phase: a release is being started or stopped
LEAST_RATE = 20.0  # operations a second of each kind of each live release
# A snapshot that is older than a table's definition can't read it; MySQL and MariaDB say so by design.
BY_DESIGN = frozenset({"OperationalError 1412"})


@dataclass(frozen=True, kw_only=True)
class Phase:
    """A stretch of the rollout with the same live releases; seconds since the epoch."""

    number: int
    title: str
    live: tuple[str, ...]
    start: float
    end: float

    @property
    def seconds(self) -> float:
        return self.end - self.start


@dataclass(frozen=True, kw_only=True)
class Measured:
    """The numbers of a run.

    Attributes:
        counts: (phase number, release, kind) to operations that succeeded.
        errors: what clients got instead of a result, by release, class and code; without ``by_design``.
        stalls: release to the longest wait in seconds, and the number of the phase where it began.
        in_flight: (revision, release) to the operations that were under way while the revision was applied.
        shortfalls: sentences; not empty: nothing is proven.
    """

    counts: Counter[tuple[int, str, str]]
    errors: Counter[str]
    by_design: Counter[str]
    stalls: dict[str, tuple[float, int]]
    in_flight: dict[tuple[str, str], int]
    shortfalls: tuple[str, ...]

    @property
    def total(self) -> int:
        return self.counts.total()


def measure(phases: Sequence[Phase], operations: Iterable[Operation], applied: Iterable[Applied]) -> Measured:
    """Count."""
    done = list(operations)
    counts = Counter((one.phase, one.release, one.kind) for one in done if not one.error)
    wrong = [one for one in done if one.error]
    in_flight = {
        (step.revision, release): sum(_crosses(one, step, release) for one in done)
        for step in applied
        for release in _live_at(phases, step)
    }
    return Measured(
        counts=counts,
        errors=Counter(f"{one.release} {one.error}" for one in wrong if one.error not in BY_DESIGN),
        by_design=Counter(f"{one.release} {one.error}" for one in wrong if one.error in BY_DESIGN),
        stalls=_stalls(done),
        in_flight=in_flight,
        shortfalls=(*_too_slow(phases, counts), *_nothing_in_flight(in_flight)),
    )


def _crosses(operation: Operation, step: Applied, release: str) -> bool:
    return operation.release == release and operation.start <= step.end and operation.end >= step.start


def _live_at(phases: Sequence[Phase], step: Applied) -> tuple[str, ...]:
    return next((phase.live for phase in phases if phase.start <= step.start <= phase.end), ())


def _stalls(operations: Sequence[Operation]) -> dict[str, tuple[float, int]]:
    found: dict[str, tuple[float, int]] = {}
    for one in operations:
        found[one.release] = max(found.get(one.release, (0.0, 0)), (one.stall, one.phase))
    return found


def _too_slow(phases: Sequence[Phase], counts: Counter[tuple[int, str, str]]) -> list[str]:
    found = []
    for phase in phases:
        for release in phase.live:
            for kind in KINDS:
                rate = counts[phase.number, release, kind] / phase.seconds
                if rate < LEAST_RATE:
                    found.append(f"release {release} did {rate:.0f} {kind} a second in phase {phase.title!r}")
    return found


def _nothing_in_flight(in_flight: dict[tuple[str, str], int]) -> list[str]:
    return [
        f"release {release} had no operation under way while revision {revision} was applied"
        for (revision, release), count in in_flight.items()
        if count == 0
    ]
