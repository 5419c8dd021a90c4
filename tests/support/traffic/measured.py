"""What the clients' journals say of a run, and whether they say enough."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tests.support.traffic.operations import KINDS, Operation, Phase, Statement

LEAST_RATE = 20.0
MARGIN = 0.25
# What the server gives by design: 1412 for a snapshot older than the DDL (MySQL, MariaDB); a statement that was
# prepared before the type of a column of its result changed (PostgreSQL).
BY_DESIGN = frozenset({"OperationalError 1412", "InternalError 1412", "cached plan"})


@dataclass(frozen=True, kw_only=True)
class Measured:
    """The numbers of a run.

    Attributes:
        quiet_stall: the longest wait of a client, in seconds, while nothing was done to the table.
        stalls: the longest wait by the name of each other phase.
        kinds: the kind of operation that waited longest, by phase.
        errors: phase and error, with how often; without those by design.
        by_design: the same, of these alone.
        shortfalls: sentences; not empty: nothing is proven.
    """

    quiet_stall: float
    stalls: dict[str, float]
    kinds: dict[str, str]
    errors: Counter[str]
    by_design: Counter[str]
    shortfalls: tuple[str, ...]

    def complaints(self, lock_timeout: float) -> list[str]:
        """What breaks the promise; empty when it was kept.

        Args:
            lock_timeout: seconds that one attempt may queue for its lock, and clients behind it.
        """
        bound = lock_timeout + self.quiet_stall + MARGIN
        found = [f"not measured: {one}" for one in self.shortfalls]
        found += [f"{count} times {error}" for error, count in sorted(self.errors.items())]
        found += [
            f"{phase}: a client's {self.kinds[phase]} stalled for {stall:.2f} s, bound {bound:.2f} s"
            for phase, stall in self.stalls.items()
            if stall > bound
        ]
        return found


def measure(operations: Sequence[Operation], phases: Sequence[Phase], statements: Iterable[Statement] = ()) -> Measured:
    """Count and compare.

    Args:
        operations: of all clients.
        phases: at least one of them quiet.
        statements: the DDL; an operation must have been under way across each.
    """
    alone = [phase for phase in phases if phase.quiet]
    busy = [phase for phase in phases if not phase.quiet]
    longest = {phase.name: _longest(operations, phase) for phase in busy}
    wrong = [(_phase_of(phases, one), one.error) for one in operations if one.error]
    return Measured(
        quiet_stall=max((one.stall for one in operations if any(_within(one, phase) for phase in alone)), default=0.0),
        stalls={name: one.stall if one else 0.0 for name, one in longest.items()},
        kinds={name: one.kind if one else "" for name, one in longest.items()},
        errors=Counter(f"{error} in {phase}" for phase, error in wrong if error not in BY_DESIGN),
        by_design=Counter(f"{error} in {phase}" for phase, error in wrong if error in BY_DESIGN),
        shortfalls=(
            *(() if alone else ("no quiet phase to compare with",)),
            *_too_slow(operations, phases),
            *_nothing_in_flight(operations, statements),
        ),
    )


def _longest(operations: Sequence[Operation], phase: Phase) -> Operation | None:
    crossing = (one for one in operations if one.crosses(phase.start, phase.end))
    return max(crossing, key=lambda one: one.stall, default=None)


def _within(operation: Operation, phase: Phase) -> bool:
    return phase.start <= operation.start and operation.end <= phase.end


def _phase_of(phases: Sequence[Phase], operation: Operation) -> str:
    return next((one.name for one in phases if operation.crosses(one.start, one.end)), "between phases")


def _too_slow(operations: Sequence[Operation], phases: Sequence[Phase]) -> list[str]:
    found = []
    for phase in phases:
        ended = Counter(one.kind for one in operations if not one.error and phase.start <= one.end <= phase.end)
        for kind in KINDS:
            rate = ended[kind] / phase.seconds
            if rate < LEAST_RATE:
                found.append(f"{rate:.0f} operations a second of kind {kind} in {phase.name}")
    return found


def _nothing_in_flight(operations: Sequence[Operation], statements: Iterable[Statement]) -> list[str]:
    return [
        f"no operation was under way across {one.sql[:60]}"
        for one in statements
        if not any(operation.crosses(one.start, one.end) for operation in operations)
    ]
