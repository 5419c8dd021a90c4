"""How many rows a batch may choose, once it would have changed more than are allowed."""

from __future__ import annotations

from dataclasses import dataclass

from migrator.data.attempt import TooManyRowsError
from migrator.errors import DatabaseError

MOST_TRIES = 10
"""Batches of one chosen row, one after the other, that may be refused."""


@dataclass(kw_only=True)
class Fewer:
    """``most`` rows may be chosen; each refusal halves that, down to one row, and ends after some tries with one."""

    name: str
    allowed: int
    most: int
    tries: int = 0

    def after(self, size: int) -> None:
        """Note that a batch for which ``size`` rows were meant was refused.

        Raises:
            DatabaseError: one row was chosen, as in :data:`MOST_TRIES` batches before it.
        """
        chosen = min(self.most, size)
        self.most = max(1, chosen // 2)
        if chosen > 1:
            return
        self.tries += 1
        if self.tries >= MOST_TRIES:
            raise DatabaseError(
                f"data migration {self.name}: {self.tries} batches of a single row, one after the other, would have"
                f" changed more rows than the {self.allowed:,} that --max-count leaves: rows of the old shape come in"
                " between as fast as they are chosen; each of these batches was rolled back",
                remedy="run it again with a larger --max-count, or without one",
                error_class=TooManyRowsError.__name__,
            )
