"""Online data migrations as reports and ``status`` see them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from migrator.model.exit_code import ExitCode
from migrator.model.throttle import Reading

DEFAULT_MOST_ERRORS = 100
"""How many rows of a data migration may fail by themselves in a run before it ends there."""


class DataState(StrEnum):
    """Where a data migration stands.

    ``not needed``: the first question found no row.  ``blocked``: a pass over all its rows did none of them.
    ``failed``: a statement or the user's function raised.  ``paused`` and ``cancelled``: so asked by a person;
    ``throttled``: this run waited for others' sake until its time was up, and did nothing.
    """

    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    NOT_NEEDED = "not needed"
    WAITING = "waiting"
    RETIRED = "retired"
    BLOCKED = "blocked"
    FAILED = "failed"
    PAUSED = "paused"
    CANCELLED = "cancelled"
    THROTTLED = "throttled"

    @property
    def settled(self) -> bool:
        """Whether nothing is left to do."""
        return self in (DataState.DONE, DataState.NOT_NEEDED, DataState.RETIRED)

    @property
    def closed(self) -> bool:
        """Whether a run can't get further until something else changes."""
        return self in (DataState.WAITING, DataState.PAUSED, DataState.CANCELLED, DataState.THROTTLED)


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
    ``failed`` count this run; read from our table they count all runs. ``remaining`` is None where it isn't known: no
    predicate, waiting, retired, or not asked. It is ``reckoned`` where a run that was ended early didn't count again,
    but took what was done from what the pass began with. ``rate`` is rows done a second of work. ``eta`` is the least
    and the most time that the rest takes, rests and waits included; None where that isn't known yet. ``done_ever``
    counts all runs. ``batch_size`` is what the next batch would take. ``throttled`` is the time spent waiting for
    others' sake (rests between batches too), no part of the rate; ``held_by`` is what it waits for just now.
    ``quarantined`` rows failed by themselves and are parked until a retry; ``waived`` ones are parked too, and hold
    nothing up. ``note`` is a sentence for a person.
    """

    name: str
    state: DataState
    kind: DataKind | None = None
    change: str = ""
    found: int = 0
    done: int = 0
    failed: int = 0
    remaining: int | None = None
    reckoned: bool = False
    rate: float | None = None
    eta: tuple[timedelta, timedelta] | None = None
    done_ever: int = 0
    batch_size: int | None = None
    throttled: timedelta = field(default_factory=timedelta)
    quarantined: int = 0
    waived: int = 0
    held_by: str = ""
    commits_itself: bool = False
    error_class: str = ""
    error_code: str = ""
    waiting_for: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class QuarantinedRow:
    """A row that failed by itself: its key as the database gave it (one text a column), what was wrong, and how often.

    ``parked``: no batch tries it before a retry.  ``constraint`` is empty where the driver names none.  ``waived_at``
    is when a person said that contract need not wait for it (UTC), None if nobody did.
    """

    key: tuple[str, ...]
    error_class: str
    error_code: str = ""
    constraint: str = ""
    attempts: int = 1
    parked: bool = True
    waived_at: datetime | None = None
    waived_by: str = ""
    waived_reason: str = ""


@dataclass(frozen=True, kw_only=True)
class DataControl:
    """One data migration as ``migrator data`` shows it: all counters are those of all runs, ``remaining`` is what the
    pass under way has left, ``eta`` how long that takes at the pace of all runners together in the last seconds; None
    while none is at work, or it waits.

    ``ratio`` is the share of the time in which it was asked to rest, ``ratio_left`` for how much longer.
    ``quarantine`` holds its parked rows in the order in which they failed, where one data migration is asked for.
    """

    progress: DataProgress
    ratio: float = 0.0
    ratio_left: timedelta | None = None
    quarantine: tuple[QuarantinedRow, ...] = ()


@dataclass(frozen=True, kw_only=True)
class DataReport:
    """One run.  ``rows`` has a line for each selected data migration, in the order of their files.

    ``limited``: ``--max-count`` ended the run; ``out_of_time``: ``--max-time`` did; ``interrupted``: a signal did.
    ``signals`` are the throttle signals as they were last read.  ``pace`` is ``polite`` or ``full speed``.
    ``notes`` are sentences for a person.
    """

    exit_code: ExitCode
    rows: tuple[DataProgress, ...]
    limited: bool = False
    out_of_time: bool = False
    interrupted: bool = False
    pace: str = ""
    signals: tuple[Reading, ...] = ()
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
