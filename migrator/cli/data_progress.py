"""Progress of data migrations: a bar a migration on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from migrator.cli.options import Output
from migrator.cli.speaking import Speaker
from migrator.model.data import DataProgress
from migrator.report.data_text import progress_line
from migrator.report.documents import plain

_EVERY_SECONDS = 10.0


class DataSpeaker:
    """Called after each batch; says something at most every ten seconds, on stderr."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._speaker = Speaker(output)
        self._said = time.monotonic()

    def __call__(self, progress: DataProgress) -> None:
        now = time.monotonic()
        if now - self._said >= _EVERY_SECONDS:
            self._said = now
            self._speaker.log("info", progress_line(progress), progress=plain(progress))


class DataBars:
    """Bars on a terminal, on stderr, so that stdout holds the table only."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskID, TextColumn

        self.display = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[said]}"),
            console=Console(stderr=True),
        )
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, progress: DataProgress) -> None:
        if progress.name not in self._tasks:
            self._tasks[progress.name] = self.display.add_task(progress.name, total=None, said="")
        # Of all runs: one that resumes doesn't begin at nothing.
        total = None if progress.remaining is None else progress.done_ever + progress.remaining
        said = progress_line(progress).partition(": ")[2]
        self.display.update(self._tasks[progress.name], completed=progress.done_ever, total=total, said=said)


@contextmanager
def data_progress(output: Output) -> Iterator[DataSpeaker | DataBars]:
    """What to call after each batch."""
    if output.format == "text" and output.log_format == "text" and sys.stderr.isatty():
        bars = DataBars()
        with bars.display:
            yield bars
    else:
        yield DataSpeaker(output)
