"""A call that may hang is given up on; everything else comes through."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from migrator.cli.background import within
from migrator.errors import UnreachableError

LONG = timedelta(seconds=60)


def test_what_it_returns_comes_back() -> None:
    assert within(lambda: 7, LONG) == 7


def test_what_it_raises_is_raised_here() -> None:
    def fail() -> None:
        raise UnreachableError("nobody answers")

    with pytest.raises(UnreachableError, match="nobody answers"):
        within(fail, LONG)


def test_an_error_of_nobody_s_is_raised_here_too() -> None:
    with pytest.raises(ZeroDivisionError):
        within(lambda: 1 / 0, LONG)


def test_what_hangs_is_left_behind() -> None:
    hanging = threading.Event()
    with pytest.raises(TimeoutError):
        within(hanging.wait, timedelta(milliseconds=10))
    hanging.set()
