"""What happens while it happens: on a terminal with a line of rates that is kept up to date, else line by line."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.status import Status
from rich.table import Table

_WIDTH = 100  # of tables that don't go to a terminal
_EVERY = {True: 0.5, False: 2.0}  # seconds between two lines of rates, on a terminal and elsewhere


class Timeline:
    """Prints with the seconds since its creation."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False, width=None if sys.stdout.isatty() else _WIDTH)
        self._begin = time.monotonic()

    def step(self, title: str) -> None:
        """A new phase."""
        self._line(title, style="bold cyan", mark=">>")

    def command(self, text: str) -> None:
        """A command that is about to run."""
        self._line(f"$ migrator {text}", style="bold", mark="  ")

    def say(self, text: str) -> None:
        """What a command printed, or what there is to know."""
        self._line(f"  {text}", style="", mark="  ")

    def show(self, table: Table) -> None:
        self._console.print(table)

    def plain(self, text: str, style: str = "") -> None:
        """A line without the time."""
        self._console.print(text, style=style, markup=False, soft_wrap=True)

    @contextmanager
    def following(self, counts: Callable[[], dict[str, int]]) -> Iterator[None]:
        """Show how many operations a second each live release does, for as long as the block lasts."""
        ended = threading.Event()
        thread = threading.Thread(target=self._follow, args=(counts, ended), daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def _follow(self, counts: Callable[[], dict[str, int]], ended: threading.Event) -> None:
        terminal = self._console.is_terminal
        before, moment = counts(), time.monotonic()
        with self._console.status("clients start") if terminal else _nothing() as status:
            while not ended.wait(_EVERY[terminal]):
                now = time.monotonic()
                after = counts()
                rates = {name: (count - before.get(name, 0)) / (now - moment) for name, count in after.items()}
                before, moment = after, now
                text = "   ".join(f"{name} {rate:4.0f}/s" for name, rate in rates.items())
                if status is not None:
                    status.update(f"clients: {text}")
                elif text:
                    self._line(f"clients: {text}", style="dim", mark="  ")

    def _line(self, text: str, style: str, mark: str) -> None:
        seconds = time.monotonic() - self._begin
        self._console.print(f"{seconds:6.1f} s {mark} {text}", style=style, markup=False, soft_wrap=True)


@contextmanager
def _nothing() -> Iterator[Status | None]:
    yield None
