"""What one batch came to."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Protocol

from migrator.data.attempt import Batch
from migrator.data.sizer import Sizer
from migrator.dialects.keys import Bound
from migrator.errors import ConnectionLostError, DiskFullError, MigratorError, ReadOnlyError, UnreachableError
from migrator.state.data_progress import DataRow

# Not a data migration's own trouble: the run ends.
ENDS_THE_RUN = (UnreachableError, ConnectionLostError, DiskFullError, ReadOnlyError)


class StoppedError(Exception):
    """The run is asked to stop while a batch waits to be tried again: nothing of it happened."""


@dataclass(frozen=True, kw_only=True)
class Turn:
    """What a committed batch did; ``exhausted``: there was no row.

    ``failed``: rows that failed by themselves, while others of the batch may be done; ``error`` is the first one's.
    """

    found: int = 0
    done: int = 0
    failed: int = 0
    error: MigratorError | None = None
    exhausted: bool = False
    row: DataRow | None = None
    high: Bound | None = None
    took: timedelta = field(default_factory=timedelta)
    sizer: Sizer | None = None

    @classmethod
    def of(cls, batch: Batch, *, high: Bound, took: timedelta, sizer: Sizer, row: DataRow | None = None) -> Turn:
        """What a batch of a key range did."""
        counts = cls(found=batch.tried, done=batch.done, failed=batch.failed, error=batch.error)
        return replace(counts, high=high, took=took, sizer=sizer, row=row)


class Sized(Protocol):
    """Who knows the size of its next batch."""

    sizer: Sizer
