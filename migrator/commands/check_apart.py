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
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from migrator.commands.check_cache import VerdictCache
from migrator.commands.check_requests import Begun, BrokenFile, CheckRequest, Order, Verdict
from migrator.errors import MigratorError
from migrator.model.finding import CheckReport
from migrator.scripts.config_file import find_config
from migrator.scripts.git_changes import Since, changes_since

_CODE = "import sys; sys.path[:] = {path!r}; from migrator.commands.check_child import main; main()"
_GRACE = 5.0  # seconds after the limit at which the child ends itself
_CONNECTING = 6  # times the limit: env.py opens a connection too, and a server may take its time
_MOST_LATE = 3  # files that break after the time for such was used up


def check_apart(request: CheckRequest, *, cached: bool = True) -> CheckReport:
    """Judge the project's revisions in another process, without network, database and other programs.

    Args:
        cached: whether the report of an earlier run over the very same things will do, and this one is kept.

    Raises:
        MigratorError: what the check raised there.
    """
    config_file = find_config(request.config_file)
    since = None if request.since is None else changes_since(request.since, config_file.parent)
    request = replace(request, config_file=config_file)
    if not cached or any(one is not None for one in request.overrides.values()):
        return _judged(request, since).report
    cache = VerdictCache(request, since, config_file)
    known = cache.find()
    if known is not None:
        return known
    verdict = _judged(request, since)
    cache.keep(verdict)
    return verdict.report


def drift_apart(request: CheckRequest, url: str) -> CheckReport:
    """Compare the models with the database of the URL in another process, which may reach it; the report has findings,
    notes and how much was compared, and no revision.

    Raises:
        MigratorError: what the comparison raised there.
    """
    limit = request.time_limit * _CONNECTING
    request = replace(request, config_file=find_config(request.config_file), database=url, time_limit=limit)
    return _judged(request, None).report


@dataclass(frozen=True, kw_only=True)
class _Broke:
    """A run that a file ended: which, and how often each file's code had come back by then."""

    file: BrokenFile
    ended: Mapping[str, int]


def _judged(request: CheckRequest, since: Since | None) -> Verdict:
    """The verdict of the first process that lives to give one."""
    broken: list[BrokenFile] = []
    allowed: Counter[str] = Counter()
    late = 0
    deadline = time.monotonic() + request.total_limit.total_seconds()
    while True:
        order = Order(request=request, since=since, broken=tuple(broken))
        if late:
            # What has come back is run again, and nothing else; at last nothing at all.
            order = replace(order, allowed=dict(allowed) if late < _MOST_LATE else {})
        outcome = _run(order)
        if isinstance(outcome, Verdict):
            # What hangs today may be fast tomorrow.
            return replace(outcome, ingredients=None) if broken else outcome
        if isinstance(outcome, MigratorError):
            raise outcome
        broken.append(outcome.file)
        allowed |= Counter(outcome.ended)
        late += time.monotonic() > deadline


def _run(order: Order) -> Verdict | MigratorError | _Broke:
    request = order.request
    with tempfile.TemporaryDirectory(prefix="migrator-check-") as folder:
        frames = Path(folder) / "frames"
        with _child() as child:
            answers = _answers_of(child, replace(order, frames=frames))
            running = ""
            ended: Counter[str] = Counter()
            # The child watches its own time; this clock is for the case that it can't.
            patience = request.time_limit.total_seconds() + _GRACE
            while True:
                try:
                    answer = answers.get(timeout=patience if running else None)
                except queue.Empty:
                    return _Broke(file=_too_long(request, running, frames), ended=ended)
                if isinstance(answer, Begun):
                    ended[running] += not answer.file
                    running = answer.file
                elif isinstance(answer, Verdict | MigratorError):
                    return answer
                else:
                    outcome = _ended(request, running, frames, child.wait())
                    return outcome if isinstance(outcome, MigratorError) else _Broke(file=outcome, ended=ended)


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
