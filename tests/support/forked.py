"""Processes that begin with everything imported: each is forked from a server that imported it once.

Most of a short command's time goes to Python's start and to imports.  A process from here is as much a process of its
own as any other: it has its own memory, environment, exit code and signals.
"""

from __future__ import annotations

import atexit
import multiprocessing
import os
import runpy
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any, NamedTuple

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["tests.support.preloaded"])


class Ended(NamedTuple):
    """How a process ended; the exit code is minus the signal's number where one killed it.  None: it was too slow, and
    was killed."""

    exit_code: int | None
    stdout: str
    stderr: str


def run_module(
    module: str,
    arguments: tuple[str, ...],
    *,
    folder: Path,
    environment: Mapping[str, str],
    within: float,
    standard_input: bytes = b"",
) -> Ended:
    """What ``python -m module arguments`` does in this folder."""
    return call(
        _as_main,
        (module, arguments),
        folder=folder,
        environment=environment,
        within=within,
        standard_input=standard_input,
    )


def begin_module(
    module: str, arguments: tuple[str, ...], *, folder: Path, environment: Mapping[str, str], outputs: Path
) -> Begun:
    """The same beside the test; what it writes goes to files in ``outputs``."""
    return Begun(_as_main, (module, arguments), folder=folder, environment=environment, outputs=outputs)


def call(
    function: Callable[..., object],
    arguments: tuple[Any, ...],
    *,
    folder: Path,
    environment: Mapping[str, str],
    within: float,
    standard_input: bytes = b"",
) -> Ended:
    """Call a function of a module's top level there; its arguments go through pickle.

    Args:
        within: seconds until it is killed.
    """
    with tempfile.TemporaryDirectory(prefix="forked-") as outputs:
        begun = Begun(
            function,
            arguments,
            folder=folder,
            environment=environment,
            outputs=Path(outputs),
            standard_input=standard_input,
        )
        code = begun.wait(within)
        if code is None:
            begun.kill()
        return Ended(code, begun.stdout, begun.stderr)


class Begun:
    """A process that runs beside the test; what it writes goes to files in ``outputs``."""

    def __init__(
        self,
        function: Callable[..., object],
        arguments: tuple[Any, ...],
        *,
        folder: Path,
        environment: Mapping[str, str],
        outputs: Path,
        standard_input: bytes = b"",
    ) -> None:
        self._files = outputs / "stdout", outputs / "stderr"
        read = Path(os.devnull)
        if standard_input:
            read = outputs / "stdin"
            read.write_bytes(standard_input)
        streams = tuple(str(file) for file in (read, *self._files))
        self._process: ForkServerProcess = _context.Process(
            target=_begin, args=(function, arguments, str(folder), dict(environment), *streams)
        )
        self._process.start()

    @property
    def stdout(self) -> str:
        return _text(self._files[0])

    @property
    def stderr(self) -> str:
        return _text(self._files[1])

    def wait(self, within: float) -> int | None:
        """Its exit code; None if it still runs after so many seconds."""
        self._process.join(within)
        return self._process.exitcode

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal; nothing where it has ended."""
        if self._process.pid is not None and self._process.exitcode is None:
            os.kill(self._process.pid, number)

    def kill(self) -> int | None:
        """``kill -9``; the exit code of before, if it had ended by itself."""
        self._process.kill()
        self._process.join()
        return self._process.exitcode


def _text(file: Path) -> str:
    return file.read_text() if file.exists() else ""


def _begin(
    function: Callable[..., object],
    arguments: tuple[Any, ...],
    folder: str,
    environment: Mapping[str, str],
    stdin: str,
    stdout: str,
    stderr: str,
) -> None:
    """Be what a new process is, then call."""
    for number, path, flags in (
        (0, stdin, os.O_RDONLY),
        (1, stdout, os.O_WRONLY | os.O_CREAT),
        (2, stderr, os.O_WRONLY | os.O_CREAT),
    ):
        opened = os.open(path, flags, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    # The streams stay the same objects: a module that was imported before may have taken them as its own, as Alembic's
    # Config does.
    sys.stdin = os.fdopen(0, closefd=False)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    os.chdir(folder)
    sys.path.insert(0, folder)
    try:
        function(*arguments)
    finally:
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()


def _as_main(module: str, arguments: tuple[str, ...]) -> None:
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
