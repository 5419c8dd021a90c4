"""How many bytes a batch holds: found out while its rows are read, piece by piece, since no server tells it before."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from migrator.data.attempt import TooManyRowsError

FIRST_PIECE = 10
"""Rows of the first piece that is read, before anything is known of their width."""
_SHARE = 8
_GROWTH = 10
_OF_A_NUMBER = 16
_NUMBERS = (int, float, bool)


class TooManyBytesError(TooManyRowsError):
    """The rows that were chosen hold more bytes than are allowed; about ``fits`` of them, fewer than all, don't."""

    def __init__(self, fits: int) -> None:
        super().__init__()
        self.fits = fits


@dataclass(kw_only=True)
class Budget:
    """The bytes of a batch.  ``width`` is how many a row of the latest piece had, None before the first.

    Several workers may share it: each sets the width as it finds it.
    """

    most: int
    width: float | None = None

    def is_sure(self, rows: int) -> bool:
        """Whether so many rows surely fit, and may be read at once: those of before would take a share of it."""
        return self.width is not None and self.width * rows <= self.most / _SHARE

    def piece(self, before: int) -> int:
        """How many rows to read next, so that they hold about an eighth of the bytes, and at most ten times the rows
        of the piece ``before``, 0 for none: rows that are wider all of a sudden are found out early."""
        if self.width is None:
            return max(FIRST_PIECE, before)
        fitting = max(1, int(self.most / _SHARE / max(self.width, 1.0)))
        return fitting if not before else min(fitting, before * _GROWTH)

    def expect(self, rows: int) -> None:
        """Proves that so many rows are not too many, as far as those before them tell.

        Raises:
            TooManyBytesError: as :meth:`refuse`.
        """
        if self.width is not None:
            self.refuse(int(self.width * rows), rows, rows)

    def took(self, rows: Collection[tuple[Any, ...]]) -> int:
        """The bytes of a piece that was read; notes their width."""
        total = sum(weight(row) for row in rows)
        if rows:
            self.width = total / len(rows)
        return total

    def refuse(self, total: int, read: int, of: int) -> None:
        """Proves that ``read`` of the batch's rows, which hold so many bytes, are not too many.

        Raises:
            TooManyBytesError: they are.  One row alone is never too many.
        """
        if total > self.most and read and of > 1:
            raise TooManyBytesError(max(1, min(of - 1, int(read * self.most / total))))


def weight(value: Any) -> int:
    """About how many bytes a value takes: what it holds, not what Python adds."""
    if type(value) in _NUMBERS:
        return _OF_A_NUMBER
    if isinstance(value, str | bytes | bytearray | memoryview):
        return len(value)
    if isinstance(value, Mapping):
        return sum(weight(key) + weight(one) for key, one in value.items())
    if isinstance(value, tuple | list | set | frozenset):
        return sum(weight(one) for one in value)
    return 0 if value is None else _OF_A_NUMBER
