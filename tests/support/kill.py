"""Runs a function in a process that ``kill -9``\\ s itself at the n-th thing an observer is told.

    def expand(observer, url):                    # at the top of a test module
        ...

    killed = run_and_kill(expand, database.url, at=3)
    assert killed.killed and killed.events[-1].startswith("before ")

``count_events(expand, url)`` runs it to the end and tells how many places there are.
"""

from __future__ import annotations

import json
import os
import signal
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support import forked
from tests.support.run import PATIENCE, ROOT, environment


@dataclass(frozen=True, kw_only=True)
class KilledRun:
    """How a run ended, and what its observer was told until then."""

    exit_code: int
    events: list[str]
    output: str

    @property
    def killed(self) -> bool:
        return self.exit_code == -signal.SIGKILL


class KillingObserver:
    """Notes each event ("before ..." or "after ...") and kills its process at the n-th, from 1 (0: never), or at the
    first one that holds a text."""

    def __init__(self, number: int, text: str, journal: Path) -> None:
        self._left = number
        self._text = text
        self._journal = journal

    def before(self, step: object) -> None:
        self._event(f"before {step}")

    def after(self, step: object) -> None:
        self._event(f"after {step}")

    def _event(self, what: str) -> None:
        with self._journal.open("a") as file:
            file.write(json.dumps(what) + "\n")
        self._left -= 1
        if self._left == 0 or (self._text and self._text in what):
            os.kill(os.getpid(), signal.SIGKILL)


def run_and_kill(function: Callable[..., Any], *arguments: Any, at: int = 0, on: str = "") -> KilledRun:
    """Call ``function(observer, *arguments)`` in a process that dies at event number ``at``, or at the first event
    whose text holds ``on``; with neither it lives."""
    with tempfile.TemporaryDirectory() as folder:
        journal = Path(folder) / "events"
        journal.touch()
        ended = forked.call(
            _be_killed,
            (function, arguments, at, on, journal),
            folder=ROOT,
            environment=environment({}),
            within=PATIENCE,
        )
        if ended.exit_code is None:
            raise AssertionError(f"{function} took longer than {PATIENCE:g} s\n{ended.stdout}\n{ended.stderr}")
        events = [json.loads(line) for line in journal.read_text().splitlines()]
    return KilledRun(exit_code=ended.exit_code, events=events, output=ended.stdout + ended.stderr)


def count_events(function: Callable[..., Any], *arguments: Any) -> int:
    """Run to the end and count the places where it could have been killed."""
    run = run_and_kill(function, *arguments, at=0)
    assert run.exit_code == 0, run.output
    return len(run.events)


def _be_killed(function: Callable[..., Any], arguments: Sequence[Any], at: int, on: str, journal: Path) -> None:
    function(KillingObserver(at, on, journal), *arguments)
