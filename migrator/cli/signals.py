"""SIGTERM and Ctrl-C ask a run to stop after its batch; a second Ctrl-C ends it at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def stopping(say: Callable[[str], None]) -> Iterator[threading.Event]:
    """An event that is set by the first SIGTERM or SIGINT, which ``say`` is told of; the second SIGINT raises
    KeyboardInterrupt."""
    stop = threading.Event()

    def ask(number: int, frame: FrameType | None) -> None:
        if stop.is_set() and number == signal.SIGINT:
            raise KeyboardInterrupt
        stop.set()
        say("stopping after this batch (Ctrl-C again: at once; the batch is then rolled back)")

    before = {number: signal.signal(number, ask) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
