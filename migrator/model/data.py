"""Online data migrations as reports and ``status`` see them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from migrator.model.exit_code import ExitCode


class DataState(StrEnum):
    """Where a data migration stands.

    ``not needed``: the first question found no row.  ``blocked``: a pass over all its rows did none of them.
    ``failed``: a statement or the user's function raised.
    """

    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    NOT_NEEDED = "not needed"
    WAITING = "waiting"
    RETIRED = "retired"
    BLOCKED = "blocked"
    FAILED = "failed"

    @property
    def settled(self) -> bool:
        """Whether nothing is left to do."""
        return self in (DataState.DONE, DataState.NOT_NEEDED, DataState.RETIRED)


class DataKind(StrEnum):
    """How a data migration is declared."""

    UPDATE = "update"
    DELETE = "delete"
    COPY = "copy"
    TRANSFORM = "transform"
    FUNCTION = "function"


@dataclass(frozen=True, kw_only=True)
class DataProgress:
    """One data migration.

    In a run's report and its progress ``found`` (rows tried), ``done`` (rows that the predicate no longer finds) and
    ``failed`` count this run; read from our table they count all runs.  ``remaining`` is None where it isn't known:
    no predicate, waiting, retired, or not asked.  ``rate`` is rows done a second.  ``note`` is a sentence for a person.
    """

    name: str
    state: DataState
    kind: DataKind | None = None
    change: str = ""
    found: int = 0
    done: int = 0
    failed: int = 0
    remaining: int | None = None
    rate: float | None = None
    commits_itself: bool = False
    error_class: str = ""
    error_code: str = ""
    waiting_for: tuple[str, ...] = ()
    note: str = ""

    @property
    def eta(self) -> timedelta | None:
        """How long the rest takes at this rate; None where that isn't known."""
        if self.remaining is None or not self.rate:
            return None
        return timedelta(seconds=self.remaining / self.rate)


@dataclass(frozen=True, kw_only=True)
class DataReport:
    """One run.  ``rows`` has a line for each selected data migration, in the order of their files.

    ``limited``: ``--max-count`` ended the run; ``interrupted``: a signal did.  ``notes`` are sentences for a person.
    """

    exit_code: ExitCode
    rows: tuple[DataProgress, ...]
    limited: bool = False
    interrupted: bool = False
    notes: tuple[str, ...] = ()
    next: tuple[str, ...] = ()

    @property
    def found(self) -> int:
        """Rows tried in this run."""
        return sum(row.found for row in self.rows)

    @property
    def done(self) -> int:
        """Rows done in this run."""
        return sum(row.done for row in self.rows)
