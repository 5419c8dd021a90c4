"""The clients, as the test that started them sees them."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.run import ROOT, environment
from tests.support.traffic.client import Assignment
from tests.support.traffic.operations import Operation, Phase, read_operations

PATIENCE = 60.0
RATE = 60.0
LEAST = 0.7


@dataclass(kw_only=True)
class Traffic:
    """Readers and writers on one table, in a process of their own.

    Args:
        url: the database.
        table: where they work; see :class:`Assignment` for its columns.
        keys: its rows 1 to ``keys`` are read and updated.
        folder: for their journal.
        owners: values of ``owner_id``, from 1.
        readers, writers: clients of each sort, a connection each.
        rate: operations a second that each client tries.

    Attributes:
        phases: what was marked so far, in order.
    """

    url: str
    table: str
    keys: int
    folder: Path
    owners: int = 10
    readers: int = 4
    writers: int = 4
    rate: float = RATE
    phases: list[Phase] = field(default_factory=list)
    _process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        """Start them; returns when each of them had an answer.

        Raises:
            AssertionError: they did not start.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.traffic.client"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=environment({}),
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(asdict(self._assignment())) + "\n")
        self._process.stdin.flush()
        if self._process.stdout.readline() != "ready\n":
            raise AssertionError(f"the clients did not start: {self._process.communicate()[1]}")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Let each client finish its operation.

        Raises:
            AssertionError: one of them had died, or doesn't end.
        """
        assert self._process is not None
        try:
            _, stderr = self._process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
            if error is None:
                raise AssertionError(f"a client is still waiting after {PATIENCE:g} s") from None
            return
        if self._process.returncode and error is None:
            raise AssertionError(f"a client died: {stderr}")

    @contextmanager
    def phase(self, name: str, *, quiet: bool = False, at_least: float = LEAST) -> Iterator[None]:
        """Mark what is done inside; it lasts ``at_least`` that many seconds, so that rates mean something."""
        start = time.monotonic()
        yield
        self.go_on(at_least - (time.monotonic() - start))
        self.phases.append(Phase(name=name, start=start, end=time.monotonic(), quiet=quiet))

    def quiet(self, seconds: float) -> None:
        """Let them work alone: what the same load suffers without DDL."""
        with self.phase("quiet", quiet=True, at_least=seconds):
            pass

    def go_on(self, seconds: float) -> None:
        """Return after so many seconds, at once if there are none.

        Raises:
            AssertionError: the clients ended meanwhile.
        """
        assert self._process is not None
        if seconds <= 0:
            return
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
            raise AssertionError("the clients ended by themselves")

    def operations(self) -> list[Operation]:
        """All that they did, in order of start; after the end only."""
        return sorted(read_operations(self._journal), key=lambda one: one.start)

    @property
    def _journal(self) -> Path:
        return self.folder / "operations.jsonl"

    def _assignment(self) -> Assignment:
        return Assignment(
            url=self.url,
            table=self.table,
            keys=self.keys,
            owners=self.owners,
            readers=self.readers,
            writers=self.writers,
            rate=self.rate,
            journal=str(self._journal),
        )
