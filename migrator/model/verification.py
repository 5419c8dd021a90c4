"""What ``data verify`` finds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Both sides of a copy, compared in the database range by range.

    ``source`` rows, waived ones left out, were looked at in ``ranges`` ranges of the source's key; ``there`` of them
    have a target row, and ``equal`` have one that holds what they give.  ``must_be_equal`` is false where the target is
    written by others too.
    """

    ranges: int
    source: int
    there: int
    equal: int
    must_be_equal: bool

    @property
    def holds(self) -> bool:
        """Whether each source row has what it needs."""
        return self.there == self.source and (self.equal == self.source or not self.must_be_equal)

    @property
    def told(self) -> str:
        """How many rows were looked at, and what came of it."""
        kept = "" if self.must_be_equal else ", and may differ: on_conflict is ignore"
        return f"of {self.source:,} source rows {self.there:,} have a target row, {self.equal:,} an equal one{kept}"


@dataclass(frozen=True, kw_only=True)
class Verification:
    """``remaining`` rows are found by the predicate and ``waived`` ones beside them, ``breaking`` rows by the invariant
    (None without one)."""

    name: str
    remaining: int
    waived: int = 0
    breaking: int | None = None
    comparison: Comparison | None = None

    @property
    def holds(self) -> bool:
        """Whether all that was asked is as it should be."""
        return not self.remaining and not self.breaking and (self.comparison is None or self.comparison.holds)
