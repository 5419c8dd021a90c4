"""Durations leave ``timedelta`` here and nowhere else; they are rounded up, since most servers read 0 as "no limit"."""

from __future__ import annotations

from datetime import timedelta

_MICROSECOND = timedelta(microseconds=1)


def whole_milliseconds(duration: timedelta) -> int:
    """Milliseconds, rounded up.

    Raises:
        ValueError: the duration is not above zero.
    """
    return _ceiling(duration, 1_000)


def whole_seconds(duration: timedelta) -> int:
    """Seconds, rounded up.

    Raises:
        ValueError: the duration is not above zero.
    """
    return _ceiling(duration, 1_000_000)


def _ceiling(duration: timedelta, microseconds: int) -> int:
    if duration <= timedelta(0):
        raise ValueError("a timeout must be above zero")
    return -(-(duration // _MICROSECOND) // microseconds)
