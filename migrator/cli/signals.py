"""What SIGTERM and Ctrl-C do: a data migration stops after its batch, a schema change at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def stopping(say: Callable[[str], None]) -> Iterator[threading.Event]:
    """An event that is set by the first SIGTERM or SIGINT, which ``say`` is told of; the second SIGINT raises
    KeyboardInterrupt.  A schema change that runs is cancelled on the server at the first."""
    from migrator.db.interrupts import listening_for_signals

    stop = threading.Event()

    def ask(number: int, frame: FrameType | None) -> None:
        if stop.is_set() and number == signal.SIGINT:
            raise KeyboardInterrupt
        stop.set()
        say("stopping after this batch (Ctrl-C again: at once; the batch is then rolled back)")

    before = {number: signal.signal(number, ask) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        with listening_for_signals():
            yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def cancelling() -> Iterator[None]:
    """SIGTERM ends a schema change as Ctrl-C does, and either cancels the statement that runs on the server."""
    from migrator.db.interrupts import listening_for_signals

    def end(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        with listening_for_signals():
            yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
