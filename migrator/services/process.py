"""The registrations of this process: which there are, what happens at its end and when it forks."""

from __future__ import annotations

import atexit
import os
import threading
import time
from datetime import timedelta
from typing import Protocol

from sqlalchemy import Engine

AT_EXIT = timedelta(seconds=2)
Place = tuple[Engine, str | None, str, str]
"""Engine, schema, name and instance: one registration of a process writes one row."""


class Beating(Protocol):
    """A registration, as far as its process is concerned."""

    @property
    def place(self) -> Place: ...

    def leave(self, *, goodbye: bool) -> None:
        """Beat no more; returns at once."""

    def join(self, timeout: timedelta) -> None:
        """Wait until the last word is said, or until the time is up."""

    def before_fork(self) -> None:
        """The process is going to fork."""

    def after_fork(self) -> None:
        """It has; this is the parent."""


_lock = threading.Lock()
_held = False
_ours: dict[Place, Beating] = {}
_last: list[Beating] = []


def enlist(registration: Beating) -> None:
    """Remember a registration that begins; an earlier one for the same row ends without a word."""
    with _lock:
        before = _ours.pop(registration.place, None)
        _ours[registration.place] = registration
        _last[:] = [registration]
    if before is not None:
        before.leave(goodbye=False)


def strike(registration: Beating) -> None:
    """Forget one that ended."""
    with _lock:
        if _ours.get(registration.place) is registration:
            del _ours[registration.place]


def latest() -> Beating | None:
    """The registration that began last in this process, or in the one that it was forked from."""
    return _last[0] if _last else None


def _at_exit() -> None:
    """All at once, and then it waits: the process ends, whatever the database does."""
    with _lock:
        ending = tuple(_ours.values())
        _ours.clear()
    deadline = time.monotonic() + AT_EXIT.total_seconds()
    for one in ending:
        one.leave(goodbye=True)
    for one in ending:
        one.join(timedelta(seconds=max(0.0, deadline - time.monotonic())))


def _before_fork() -> None:
    global _held
    _lock.acquire()
    _held = True
    for one in _ours.values():
        one.before_fork()


def _in_the_parent() -> None:
    global _held
    if _held:  # who forks in C may tell Python of it afterwards only
        for one in _ours.values():
            one.after_fork()
        _held = False
        _lock.release()


def _in_the_child() -> None:
    # The parent's rows are the parent's: a child, which has none of its threads, neither beats nor leaves for it.
    global _lock, _held
    _lock, _held = threading.Lock(), False
    _ours.clear()


atexit.register(_at_exit)
if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(before=_before_fork, after_in_parent=_in_the_parent, after_in_child=_in_the_child)
