"""The real command line, as an operator would type it."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True, kw_only=True)
class Applied:
    """A revision that a command applied, between two moments (seconds since the epoch)."""

    revision: str
    start: float
    end: float


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """A command that has ended."""

    command: str
    exit_code: int
    seconds: float
    applied: tuple[Applied, ...]


@dataclass(frozen=True, kw_only=True)
class Tool:
    """``migrator`` on one database.

    Attributes:
        url: the database.
        show: gets each line that the command prints.
    """

    url: str
    show: Callable[[str], None]

    def run(self, *arguments: str) -> Outcome:
        """Run a command to its end, showing what it prints; its log tells when each revision was applied."""
        begin = time.monotonic()
        process = self._start("--log-format", "json", *arguments)
        log = _Log(show=self.show)
        assert process.stdout is not None
        assert process.stderr is not None
        listener = threading.Thread(target=log.follow, args=(process.stderr,))
        listener.start()
        for line in process.stdout:
            self.show(line.rstrip("\n"))
        exit_code = process.wait()
        listener.join()
        return Outcome(
            command=" ".join(arguments),
            exit_code=exit_code,
            seconds=time.monotonic() - begin,
            applied=tuple(log.applied),
        )

    def document(self, *arguments: str) -> dict[str, Any]:
        """The JSON document of a command.

        Raises:
            RuntimeError: it printed none.
        """
        process = self._start("--format", "json", *arguments)
        text, _ = process.communicate()
        try:
            found: dict[str, Any] = json.loads(text)
        except ValueError:
            raise RuntimeError(f"migrator {' '.join(arguments)} printed no JSON (exit {process.returncode})") from None
        return found

    def _start(self, *arguments: str) -> subprocess.Popen[str]:
        words = ["--config", str(ROOT / "alembic.ini"), "--database-url", self.url, *arguments]
        return subprocess.Popen(
            [sys.executable, "-m", "migrator", *words],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


@dataclass(kw_only=True)
class _Log:
    """Reads a command's log lines; what isn't one is shown."""

    show: Callable[[str], None]
    applied: list[Applied] = field(default_factory=list)
    _started: dict[str, float] = field(default_factory=dict)

    def follow(self, stream: IO[str]) -> None:
        for line in stream:
            try:
                self._read(json.loads(line))
            except ValueError:
                self.show(line.rstrip("\n"))

    def _read(self, entry: dict[str, Any]) -> None:
        message, revision = str(entry.get("message", "")), str(entry.get("revision", ""))
        moment = datetime.fromisoformat(entry["at"]).timestamp() if "at" in entry else time.time()
        if revision and message.startswith("applying "):
            self._started[revision] = moment
        elif revision and message.startswith("applied "):
            start = self._started.pop(revision, moment)
            self.applied.append(Applied(revision=revision, start=start, end=moment))
        elif entry.get("level") == "error":
            self.show(message)
