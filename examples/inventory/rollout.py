"""The rolling upgrade from release A to release C, step by step, in the pinned order."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from examples.inventory.measure import IN_BETWEEN, Phase
from examples.inventory.timeline import Timeline
from examples.inventory.tool import Applied, Outcome, Tool
from examples.inventory.traffic import Traffic

SHORTEST_PHASE = 4.0  # seconds
MOST_RUNS = 200
CLOSED = 4  # the exit code of a closed gate


class StepFailedError(Exception):
    """A command ended with another exit code than its step needs."""


@dataclass(kw_only=True)
class Rollout:
    """What a rollout has done so far.

    Attributes:
        applied: the revisions that were applied under traffic.
        data_seconds: how long the data migrations took, all runs together.
        data_runs: how many runs they took.
    """

    tool: Tool
    traffic: Traffic
    timeline: Timeline
    max_count: int
    phases: list[Phase] = field(default_factory=list)
    applied: list[Applied] = field(default_factory=list)
    data_seconds: float = 0.0
    data_runs: int = 0

    def run(self) -> None:
        """All steps.

        Raises:
            StepFailedError: a command did not do what its step needs.
        """
        self.traffic.start("A")
        with self._phase("release A", "A"):
            pass
        with self._phase("expand", "A"):
            self.command("expand")
        self.traffic.start("B")
        with self._phase("B pinned beside A", "A", "B"):
            self.refused("online-data-migrations")
        self.traffic.stop("A")
        with self._phase("A gone", "B"):
            pass
        self.traffic.unpinned.touch()
        with self._phase("B unpinned", "B"):
            pass
        with self._phase("data migrations", "B"):
            self._migrate_data()
        self.traffic.start("C")
        with self._phase("C beside B", "B", "C"):
            self.refused("contract")
        self.traffic.stop("B")
        with self._phase("B gone", "C"):
            pass
        with self._phase("contract", "C"):
            self.command("contract")
        with self._phase("release C", "C"):
            pass
        self.traffic.stop("C")

    def command(self, *arguments: str, expected: tuple[int, ...] = (0,)) -> Outcome:
        """Run a command of the tool.

        Raises:
            StepFailedError: another exit code than expected.
        """
        self.timeline.command(" ".join(arguments))
        outcome = self.tool.run(*arguments)
        self.timeline.say(f"exit {outcome.exit_code} after {outcome.seconds:.1f} s")
        self.applied.extend(outcome.applied)
        if outcome.exit_code not in expected:
            raise StepFailedError(f"migrator {outcome.command} ended with exit code {outcome.exit_code}")
        return outcome

    def refused(self, command: str) -> None:
        """Run a command too early: a service lives that isn't ready for it.

        Raises:
            StepFailedError: it wasn't refused.
        """
        self.command(command, expected=(CLOSED,))

    def _migrate_data(self) -> None:
        """A loop by exit code: 1 means that rows were done and rows remain."""
        for _ in range(MOST_RUNS):
            outcome = self.command("online-data-migrations", "--max-count", str(self.max_count), expected=(0, 1))
            self.data_seconds += outcome.seconds
            self.data_runs += 1
            if outcome.exit_code == 0:
                return
        raise StepFailedError(f"the data migrations were not done after {MOST_RUNS} runs")

    @contextmanager
    def _phase(self, title: str, *live: str) -> Iterator[None]:
        number = len(self.phases)
        self.timeline.step(title)
        start = time.time()
        self.traffic.phase.value = number
        yield
        time.sleep(max(0.0, start + SHORTEST_PHASE - time.time()))
        self.phases.append(Phase(number=number, title=title, live=live, start=start, end=time.time()))
        self.traffic.phase.value = IN_BETWEEN
