"""Whether a signal asked this process to stop: seen by other threads while a driver's C code holds the main one.

Python runs its own signal handlers in the main thread only, and only between two of its instructions; psycopg2 sits in
the C library until the statement ends by itself.  The wakeup descriptor is written by the C-level handler at once.
"""

from __future__ import annotations

import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager

_READERS: list[socket.socket] = []
_MOST = 4096
_CLOCK = getattr(signal, "SIGALRM", None)
"""Of a timer of our own, which asks nobody to stop."""


def interrupted() -> bool:
    """Whether a signal came since :func:`listening_for_signals` began."""
    if not _READERS:
        return False
    try:
        # Not read away: every thread that asks shall see it.
        signals = _READERS[-1].recv(_MOST, socket.MSG_PEEK)
    except BlockingIOError:
        return False
    return any(number != _CLOCK for number in signals)


@contextmanager
def listening_for_signals() -> Iterator[None]:
    """Let :func:`interrupted` know; to be called in the main thread."""
    reader, writer = socket.socketpair()
    reader.setblocking(False)
    writer.setblocking(False)
    before = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    _READERS.append(reader)
    try:
        yield
    finally:
        _READERS.remove(reader)
        signal.set_wakeup_fd(before)
        reader.close()
        writer.close()
