"""Stops the servers of a test run and deletes their data, however the run ends.

One keeper runs beside each test run, in a session of its own so that Ctrl-C doesn't reach it, and reads a
pipe that only the test run holds open.  When the run ends, by itself or by ``kill -9``, the pipe closes and
the keeper cleans up.  What a killed keeper left behind is swept at the next start.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

PREFIX = "migrator-tests-"
PATIENCE = 15.0


def started_at(pid: int) -> str | None:
    """When the process began, in clock ticks since boot; None if there is none (a zombie counts as none)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else fields[19]


def note_process(file: Path, pid: int, stop: signal.Signals = signal.SIGKILL) -> None:
    """Write down a process so that it can be told from a later one with the same number."""
    file.write_text(f"{pid} {started_at(pid)} {int(stop)}\n")


def noted_process(file: Path) -> tuple[int, signal.Signals] | None:
    """The process that was noted and the signal that stops it, if it still lives."""
    try:
        pid, began, stop = file.read_text().split()
    except (OSError, ValueError):
        return None
    return (int(pid), signal.Signals(int(stop))) if started_at(int(pid)) == began else None


def stop_process(file: Path) -> None:
    """Stop the noted process, with its own signal first, and wait until it is gone."""
    for attempt in (0, 1):
        living = noted_process(file)
        if living is None:
            return
        pid, stop = living
        try:
            os.kill(pid, stop if attempt == 0 else signal.SIGKILL)
        except ProcessLookupError:
            return
        deadline = time.monotonic() + PATIENCE
        while noted_process(file) and time.monotonic() < deadline:
            time.sleep(0.02)


def clean(run: Path) -> None:
    """Stop every server of a run and delete its folder."""
    for file in run.glob("*/pid"):
        stop_process(file)
    shutil.rmtree(run, ignore_errors=True)


def sweep() -> None:
    """Clean up after runs whose test process and keeper are both dead."""
    for run in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        try:
            ours = run.stat().st_uid == os.getuid() and (run / "owner").is_file()
        except OSError:
            continue
        if ours and not noted_process(run / "owner") and not noted_process(run / "keeper"):
            clean(run)


def main(run: Path) -> None:
    note_process(run / "keeper", os.getpid())
    sys.stdin.buffer.read()
    clean(run)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
