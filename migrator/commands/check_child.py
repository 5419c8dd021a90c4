"""The process in which revisions are checked: it runs the user's code, secluded, and answers over its first stdout."""

from __future__ import annotations

import faulthandler
import gc
import os
import pickle
import signal
import sys
import traceback
from collections import Counter
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING

from migrator.commands.check_requests import Begun, Order, Verdict
from migrator.errors import MigratorError

if TYPE_CHECKING:  # the order must be read before anything that takes long is imported
    from migrator.scripts.recording import RecordingError

# Objects before a collection: a recorded history stays in use, so looking through it again and again frees nothing.
_COLLECTIONS = (50_000, 20, 50)


def main() -> None:
    """Read an :class:`Order` from stdin; write pickles: one :class:`Begun` a file, at last a verdict or an error."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # a KeyboardInterrupt comes of the user's code alone, and is told so
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what the user's code prints must not mix with the answers
    order: Order = pickle.load(sys.stdin.buffer)
    sys.excepthook = _told
    with order.frames.open("w") as frames:
        answer = _answer(order, answers, frames)
        pickle.dump(answer, answers)
        answers.flush()
    os._exit(0)  # threads that the user's code started don't keep us


def _answer(order: Order, answers: IO[bytes], frames: IO[str]) -> object:
    from migrator.commands.check import check_request
    from migrator.commands.check_drift import drift_from_database
    from migrator.scripts.project import Project
    from migrator.scripts.seclusion import seclude
    from migrator.scripts.supervision import Supervision
    from migrator.scripts.witness import Witness

    gc.freeze()
    gc.set_threshold(*_COLLECTIONS)
    witness = Witness()
    begun: Counter[str] = Counter()
    judged: list[Project] = []

    class Watched(Supervision):
        """Says what runs, and ends the process when it takes too long."""

        def seclude(self) -> None:
            sys.stdout = open(os.devnull, "w")  # noqa: SIM115  for as long as the process lives
            witness.listen()
            seclude()

        def loaded(self, project: Project) -> None:
            judged.append(project)

        def begin(self, file: Path, *, needed: bool = False) -> RecordingError | None:
            refused = super().begin(file)
            if refused is None and not needed:
                begun[str(file)] += 1
                if order.allowed is not None and begun[str(file)] > order.allowed.get(str(file), 0):
                    refused = _unrun(str(file), 0, _not_run(order))
            if refused is None:
                self._say(str(file))
                faulthandler.dump_traceback_later(order.request.time_limit.total_seconds(), exit=True, file=frames)
            return refused

        def end(self) -> None:
            faulthandler.cancel_dump_traceback_later()
            self._say("")

        def _say(self, file: str) -> None:
            pickle.dump(Begun(file=file), answers)
            answers.flush()

    broken = {one.file: _unrun(one.file, one.line, one.happened) for one in order.broken}
    try:
        if order.request.database is not None:
            report = drift_from_database(order.request, order.request.database, Watched(broken=broken))
            return Verdict(report=report, ingredients=None)
        report = check_request(order.request, Watched(broken=broken), order.since)
        return Verdict(report=report, ingredients=witness.ingredients(judged[0]))
    except MigratorError as error:
        if order.request.verbose and error.__cause__ is not None:
            _frames(error.__cause__)
        return error


def _unrun(file: str, line: int, happened: str) -> RecordingError:
    from migrator.scripts.recording import RecordingError

    return RecordingError(error_class="", file=file, line=line, happened=happened, unrun=True)


def _not_run(order: Order) -> str:
    seconds = f"{order.request.total_limit.total_seconds():g}"
    return f"was not run, since files that hang or end the process had used up {seconds} s"


def _told(kind: type[BaseException], error: BaseException, place: TracebackType | None) -> None:
    """An error of ours: class and place, and no text, which may hold a value."""
    _frames(error)
    sys.stderr.write(f"  {kind.__name__}\n")


def _frames(error: BaseException) -> None:
    for frame in traceback.extract_tb(error.__traceback__):
        sys.stderr.write(f"  {frame.filename}:{frame.lineno} in {frame.name}\n")
