"""How long ``migrator --help`` takes, against a Python that imports click only."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

ROUNDS = 9


def measure(database_url: str | None, rows: int) -> str:
    """Medians of interleaved rounds, and their ratio."""
    commands = {
        "python -c 'import click'": [sys.executable, "-c", "import click"],
        "migrator --help": [sys.executable, "-m", "migrator", "--help"],
        "migrator expand --help": [sys.executable, "-m", "migrator", "expand", "--help"],
    }
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(ROUNDS):
        for name, command in commands.items():
            times[name].append(_seconds(command))
    base = statistics.median(times["python -c 'import click'"])
    lines = [f"{'command':<28}{'median ms':>10}{'ratio':>8}"]
    for name, values in times.items():
        median = statistics.median(values)
        lines.append(f"{name:<28}{median * 1000:>10.0f}{median / base:>8.2f}")
    return "\n".join(lines)


def _seconds(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start
