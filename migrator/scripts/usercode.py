"""Calls into the user's own code: whatever it raises becomes one error of ours."""

from __future__ import annotations

import signal
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from migrator.errors import MigratorError, UserCodeError


@contextmanager
def user_code(what: str, path: Path | None = None, *, everything: bool = False) -> Iterator[None]:
    """Run the user's code inside.

    Args:
        what: what is being run, for the message ("env.py", "revision b71e").
        path: its file; the message names the innermost line of that file.
        everything: also what is no ``Exception``, as ``sys.exit()``; a KeyboardInterrupt only where Ctrl-C ends the
            process and raises none, so that it is the code's own.

    Raises:
        UserCodeError: names the exception's class and place, never its text, which may hold row values.
        MigratorError, DBAPIError: pass through; they are worded elsewhere.
    """
    try:
        yield
    except (MigratorError, DBAPIError):
        raise
    except BaseException as error:
        if not isinstance(error, Exception) and (not everything or _may_be_ctrl_c(error)):
            raise
        place = place_of(error, path)
        raise UserCodeError(
            f"{what} raised {type(error).__name__}{f' at {place}' if place else ''}",
            remedy="mend it, then run again; -v shows the frames that led there",
            error_class=type(error).__name__,
        ) from error


def _may_be_ctrl_c(error: BaseException) -> bool:
    return isinstance(error, KeyboardInterrupt) and signal.getsignal(signal.SIGINT) is not signal.SIG_DFL


def line_of(error: BaseException, path: Path) -> int:
    """The innermost line of the file; 0 when it isn't among the frames."""
    if isinstance(error, SyntaxError):
        return error.lineno or 0
    frames = traceback.extract_tb(error.__traceback__)
    inside = [frame for frame in frames if Path(frame.filename).absolute() == path.absolute()]
    return inside[-1].lineno or 0 if inside else 0


def place_of(error: BaseException, path: Path | None) -> str:
    """``file:line`` of the innermost frame in ``path``, else of the innermost frame; empty when there is none."""
    frames = traceback.extract_tb(error.__traceback__)
    if isinstance(error, SyntaxError) and error.filename:
        return f"{Path(error.filename).name}:{error.lineno or 0}"
    inside = [frame for frame in frames if path is None or Path(frame.filename).absolute() == path.absolute()]
    return f"{Path(inside[-1].filename).name}:{inside[-1].lineno}" if inside else ""
