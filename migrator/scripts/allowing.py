"""Which ``migrator.allow`` blocks are open where a revision runs; the recorder asks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from migrator.model.suppression import Suppression

_OPEN: ContextVar[tuple[Suppression, ...]] = ContextVar("migrator_allow", default=())
_SEEN: ContextVar[list[Suppression] | None] = ContextVar("migrator_allow_seen", default=None)


@contextmanager
def allowing(suppressions: tuple[Suppression, ...]) -> Iterator[None]:
    """The suppressions hold inside the block."""
    seen = _SEEN.get()
    if seen is not None:
        seen.extend(suppressions)
    token = _OPEN.set((*_OPEN.get(), *suppressions))
    try:
        yield
    finally:
        _OPEN.reset(token)


@contextmanager
def noting_suppressions() -> Iterator[list[Suppression]]:
    """Collect all suppressions that are opened inside, used or not."""
    found: list[Suppression] = []
    token = _SEEN.set(found)
    try:
        yield found
    finally:
        _SEEN.reset(token)


def open_suppressions() -> tuple[Suppression, ...]:
    """Those around the code that runs now, outermost first; may be empty."""
    return _OPEN.get()
