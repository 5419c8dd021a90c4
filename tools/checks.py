"""``./dev check``: the static checks and the unit tests, as many at a time as there are cores."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

# The slowest first, so that the short ones fill the other core.
CHECKS = {
    "mypy": ["mypy"],
    "unit": ["pytest", "-q", "--only", "sqlite", "-n", str(os.cpu_count() or 2), "tests/unit"],
    "layers": ["lint-imports"],
    "ruff": ["ruff", "check", "."],
    "example": ["migrator", "check", "--strict"],
    "format": ["ruff", "format", "--check", "."],
}


@dataclass(frozen=True, kw_only=True)
class Outcome:
    name: str
    exit_code: int
    output: str
    seconds: float

    @property
    def closing_line(self) -> str:
        """The last line that says something: for pytest its counts."""
        lines = [line.strip("= ") for line in self.output.splitlines() if line.strip("= ")]
        return lines[-1] if lines else ""


def run(names: list[str]) -> int:
    """Run the checks with these names, all of them without one; 0 if all are green."""
    unknown = sorted(set(names) - CHECKS.keys())
    if unknown:
        print(f"dev: no check is called {', '.join(unknown)}; there are {', '.join(CHECKS)}", file=sys.stderr)
        return 64
    chosen = [name for name in CHECKS if name in names or not names]
    begin = time.monotonic()
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 2) as pool:
        running = [pool.submit(_run_one, name) for name in chosen]
        outcomes = [_show(done.result()) for done in as_completed(running)]
    red = [outcome.name for outcome in outcomes if outcome.exit_code]
    verdict = f"failed: {', '.join(red)}" if red else "all green"
    print(f"dev check: {len(chosen)} checks in {time.monotonic() - begin:.1f} s, {verdict}", flush=True)
    return 1 if red else 0


def _run_one(name: str) -> Outcome:
    program, *arguments = CHECKS[name]
    command = [str(Path(sys.executable).parent / program), *arguments]
    begin = time.monotonic()
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Outcome(name=name, exit_code=done.returncode, output=done.stdout, seconds=time.monotonic() - begin)


def _show(outcome: Outcome) -> Outcome:
    if outcome.exit_code:
        print(f"--- {outcome.name} ---\n{outcome.output.rstrip()}")
    state = "FAILED" if outcome.exit_code else "ok"
    print(f"{state:6} {outcome.name:6} {outcome.seconds:5.1f} s  {outcome.closing_line}", flush=True)
    return outcome
