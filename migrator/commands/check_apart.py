"""Check in a process of its own, which may hang, crash or end itself: its revision gets a finding, and the next
process judges the rest."""

from __future__ import annotations

import pickle
import queue
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from migrator.commands.check_requests import Begun, BrokenFile, CheckRequest, Order
from migrator.errors import MigratorError
from migrator.model.finding import CheckReport

_CODE = "import sys; sys.path[:] = {path!r}; from migrator.commands.check_child import main; main()"
_MOST_PROCESSES = 50
_GRACE = 5.0  # seconds after the limit at which the child ends itself


def check_apart(request: CheckRequest) -> CheckReport:
    """Judge the project's revisions in another process, without network, database and other programs.

    Raises:
        MigratorError: what the check raised there.
    """
    broken: list[BrokenFile] = []
    while len(broken) < _MOST_PROCESSES:
        outcome = _run(request, tuple(broken))
        if isinstance(outcome, CheckReport):
            return outcome
        if isinstance(outcome, MigratorError):
            raise outcome
        broken.append(outcome)
    raise MigratorError(
        f"{_MOST_PROCESSES} files of this project ended the process that checked them",
        remedy=f"mend them; the last was {broken[-1].file}, which {broken[-1].happened}",
    )


def _run(request: CheckRequest, broken: tuple[BrokenFile, ...]) -> CheckReport | MigratorError | BrokenFile:
    with tempfile.TemporaryDirectory(prefix="migrator-check-") as folder:
        frames = Path(folder) / "frames"
        order = Order(request=request, broken=broken, frames=frames)
        with _child() as child:
            answers = _answers_of(child, order)
            running = ""
            # The child watches its own time; this clock is for the case that it can't.
            patience = request.time_limit.total_seconds() + _GRACE
            while True:
                try:
                    answer = answers.get(timeout=patience if running else None)
                except queue.Empty:
                    return _too_long(request, running, frames)
                if isinstance(answer, Begun):
                    running = answer.file
                elif isinstance(answer, CheckReport | MigratorError):
                    return answer
                else:
                    return _ended(request, running, frames, child.wait())


@contextmanager
def _child() -> Iterator[subprocess.Popen[bytes]]:
    child = subprocess.Popen(
        [sys.executable, "-c", _CODE.format(path=sys.path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        yield child
    finally:
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                pipe.close()


def _answers_of(child: subprocess.Popen[bytes], order: Order) -> queue.Queue[object]:
    """What the child says, one by one; None when it says no more."""
    found: queue.Queue[object] = queue.Queue()
    assert child.stdin is not None
    assert child.stdout is not None
    stdin, stdout = child.stdin, child.stdout

    def read() -> None:
        try:
            pickle.dump(order, stdin)
            stdin.flush()
            while True:
                found.put(pickle.load(stdout))
        except (EOFError, OSError, ValueError, pickle.UnpicklingError):
            found.put(None)

    threading.Thread(target=read, daemon=True).start()
    return found


def _ended(request: CheckRequest, running: str, frames: Path, code: int) -> MigratorError | BrokenFile:
    if not running:
        return MigratorError(
            f"the process that checks the revisions ended with {code}; the place is above, without any value",
            remedy="report it with the lines above",
        )
    if _line(running, frames) is not None:
        return _too_long(request, running, frames)
    return BrokenFile(file=running, line=0, happened=f"ended the process that ran it (exit code {code})")


def _too_long(request: CheckRequest, running: str, frames: Path) -> BrokenFile:
    seconds = f"{request.time_limit.total_seconds():g}"
    return BrokenFile(file=running, line=_line(running, frames) or 0, happened=f"did not end within {seconds} s")


def _line(file: str, frames: Path) -> int | None:
    """The innermost line of the file among the frames; 0 when it isn't there, None when there are no frames."""
    text = frames.read_text(errors="replace") if frames.exists() else ""
    if not text.strip():
        return None
    found = re.search(rf'File "{re.escape(file)}", line (\d+)', text)
    return int(found[1]) if found else 0
