"""What a dry run of online data migrations finds out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from migrator.model.data import DEFAULT_MOST_ERRORS, DataKind, DataState
from migrator.model.exit_code import ExitCode


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a run is bounded by, as its options of the same names say.

    A dry run samples at most ``max_count`` rows of each data migration and no further than to ``max_errors``; what
    ``max_time`` and ``workers`` mean it tells.
    """

    max_count: int | None = None
    max_errors: int = DEFAULT_MOST_ERRORS
    max_time: timedelta | None = None
    workers: int | None = None


NO_LIMITS = Limits()


@dataclass(frozen=True, kw_only=True)
class Access:
    """How the server reads one table of a statement.

    ``index`` is empty where it reads the whole table.  ``how`` is its own word for it (``Index Scan``, ``range``,
    ``SEARCH``); ``rows`` is how many it expects to read, None where it doesn't say.
    """

    table: str
    index: str
    how: str
    rows: int | None = None

    @property
    def whole_table(self) -> bool:
        """Whether no index helps."""
        return not self.index


@dataclass(frozen=True, kw_only=True)
class PlannedStatement:
    """A statement of a batch with its placeholders (never with values), and how the server would find its rows."""

    sql: str
    accesses: tuple[Access, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One batch that was run and rolled back; ``took`` is the time of its statements, without a commit.

    ``failed`` rows failed by themselves, ``error`` says why the first one did: class and code, no value.
    """

    rows: int
    done: int
    took: timedelta
    failed: int = 0
    error: str = ""


@dataclass(frozen=True, kw_only=True)
class DataPlan:
    """One data migration as a dry run found it.

    ``remaining`` are the rows that a run would try, None where it wasn't asked: it waits, is retired or has no
    predicate.  ``parked`` rows in quarantine are still to do and no run tries them, ``waived`` ones too, which hold
    nothing up.  ``key`` are the columns that
    cut its batches; empty for a plain function.  ``predicate`` is the question that is asked before and after each
    pass.  ``estimate`` is the least and the most time for all rows, shared by ``workers``; None without
    a sample.  ``notes`` are sentences.
    """

    name: str
    kind: DataKind
    change: str
    state: DataState
    remaining: int | None = None
    parked: int = 0
    waived: int = 0
    waiting_for: tuple[str, ...] = ()
    key: tuple[str, ...] = ()
    batch_size: int | None = None
    workers: int = 1
    predicate: PlannedStatement | None = None
    statements: tuple[PlannedStatement, ...] = ()
    samples: tuple[Sample, ...] = ()
    estimate: tuple[timedelta, timedelta] | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class DataDryRun:
    """A dry run of them all; nothing was changed."""

    plans: tuple[DataPlan, ...]
    exit_code: ExitCode = ExitCode.DONE
    next: tuple[str, ...] = field(default=("migrator online-data-migrations",))
