"""How long a revision, or a statement of a file, may take on the scratch database."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from types import FrameType

import sqlalchemy as sa
from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError

from migrator.dialects.tracing import TraceRules

TRACE_LIMIT = timedelta(seconds=60)
_AGAIN = timedelta(seconds=1)


class OutOfTimeError(Exception):
    """What ran didn't end within the limit; the sessions of the scratch database are gone."""

    def __init__(self, limit: timedelta) -> None:
        super().__init__(f"did not end within {limit.total_seconds():g} s")


class _Alarm(BaseException):
    """Raised in the user's code, which mustn't take it for an error of its own."""


@contextmanager
def time_limit(url: URL, rules: TraceRules, limit: timedelta) -> Iterator[None]:
    """End what runs inside when the time is over: its statements on the server, and its Python in the main thread.

    Python in another thread, and on Windows, goes on until it asks the server for something.

    Raises:
        OutOfTimeError: it took longer.
    """
    over = threading.Event()

    def end() -> None:
        over.set()
        engine = sa.create_engine(url, poolclass=sa.NullPool, hide_parameters=True)
        with suppress(DBAPIError), engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            rules.end_sessions(connection, str(url.database))

    timer = threading.Timer(limit.total_seconds(), end)
    timer.daemon = True
    timer.start()
    try:
        with _alarm(limit, over):
            yield
    except (_Alarm, Exception) as error:
        if over.is_set():
            raise OutOfTimeError(limit) from error
        raise
    finally:
        timer.cancel()
        timer.join()


@contextmanager
def _alarm(limit: timedelta, over: threading.Event) -> Iterator[None]:
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(number: int, frame: FrameType | None) -> None:
        over.set()
        raise _Alarm

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, limit.total_seconds(), _AGAIN.total_seconds())
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
