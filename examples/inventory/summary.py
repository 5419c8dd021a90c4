"""The summary of a rollout: what was measured, and the verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from rich.table import Table

from examples.inventory.journal import KINDS
from examples.inventory.measure import Measured, Phase
from examples.inventory.oracle import Verdict
from examples.inventory.timeline import Timeline

_EXAMPLES = 5


@dataclass(frozen=True, kw_only=True)
class Migrated:
    """What the data migrations did."""

    rows: int
    seconds: float
    runs: int


@dataclass(frozen=True, kw_only=True)
class Summary:
    """Everything that the demo found out about the right order."""

    phases: Sequence[Phase]
    measured: Measured
    verdict: Verdict
    migrated: Migrated
    died: Sequence[str]

    def failures(self) -> list[str]:
        """Why this is no success; empty when it is one."""
        measured, verdict = self.measured, self.verdict
        found = list(self.died)
        if measured.errors:
            found.append(f"clients saw {measured.errors.total()} errors")
        if verdict.lost:
            found.append(f"{len(verdict.lost)} updates were lost")
        if verdict.stale:
            found.append(f"{len(verdict.stale)} reads returned something else than what was written")
        return found + [f"not measured: {why}" for why in measured.shortfalls]

    def show(self, timeline: Timeline) -> None:
        timeline.plain("")
        timeline.show(self._operations())
        for label, text in self._facts():
            timeline.plain(f"{label:<19}{text}")
        for text in (*self.verdict.lost[:_EXAMPLES], *self.verdict.stale[:_EXAMPLES]):
            timeline.plain(f"{'':<19}{text}")

    def _operations(self) -> Table:
        table = Table(title="client operations by phase and release (a second)", title_justify="left", box=None)
        for name in ("phase", "seconds", "release", *KINDS):
            table.add_column(name, justify="left" if name in ("phase", "release") else "right", no_wrap=True)
        for phase in self.phases:
            for release in phase.live:
                counts = [self.measured.counts[phase.number, release, kind] for kind in KINDS]
                cells = [f"{count} ({count / phase.seconds:.0f})" for count in counts]
                table.add_row(phase.title, f"{phase.seconds:.1f}", release, *cells)
        return table

    def _facts(self) -> list[tuple[str, str]]:
        verdict, migrated = self.verdict, self.migrated
        rate = migrated.rows / migrated.seconds if migrated.seconds else 0.0
        return [
            ("operations", f"{self.measured.total}"),
            ("client errors", _counted(self.measured.errors)),
            ("by design (1412)", _counted(self.measured.by_design)),
            ("worst stall", self._stalls()),
            ("lost updates", f"{len(verdict.lost)} of {verdict.rows} rows compared with the writers' record"),
            ("stale reads", f"{len(verdict.stale)} of {verdict.reads} rows read"),
            ("rows migrated", f"{migrated.rows} in {migrated.runs} runs, {migrated.seconds:.1f} s: {rate:.0f} rows/s"),
            ("under way at DDL", self._in_flight()),
        ]

    def _stalls(self) -> str:
        titles = {phase.number: phase.title for phase in self.phases}
        return ", ".join(
            f"{release} {seconds * 1000:.0f} ms ({titles.get(number, 'in between')})"
            for release, (seconds, number) in sorted(self.measured.stalls.items())
        )

    def _in_flight(self) -> str:
        found = [f"{revision}: {count} of {release}" for (revision, release), count in self.measured.in_flight.items()]
        return ", ".join(found) or "no DDL"


def _counted(counter: Counter[str]) -> str:
    return ", ".join(f"{count} x {name}" for name, count in sorted(counter.items())) or "0"
