"""What the commands that run phases return."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from migrator.model.database import DatabaseIdentity
from migrator.model.exit_code import ExitCode
from migrator.model.phase import Phase
from migrator.model.plan import PlannedStep
from migrator.model.service import Service


@dataclass(frozen=True, kw_only=True)
class AppliedRevision:
    """A revision that this run applied."""

    revision: str
    phase: Phase
    change: str
    message: str
    duration: timedelta


@dataclass(frozen=True, kw_only=True)
class UnreadyService:
    """Who keeps a gate closed; ``instance`` is empty for a service that never registered.

    ``last_seen`` is how long ago its last word was, None where there was none.
    """

    name: str
    instance: str = ""
    release: str = ""
    last_seen: timedelta | None = None
    state: str = ""
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class Gate:
    """A condition that opens a phase; ``remedy`` is empty while it is open, ``services`` are those that close it."""

    name: str
    open: bool
    why: str
    remedy: str = ""
    services: tuple[UnreadyService, ...] = ()


@dataclass(frozen=True, kw_only=True)
class BlockedRevision:
    """A revision that could not be applied, with all its closed gates."""

    revision: str
    phase: Phase
    change: str
    message: str
    gates: tuple[Gate, ...]


@dataclass(frozen=True, kw_only=True)
class TableSize:
    """The server's estimates of a table, None where it has none."""

    table: str
    rows: int | None = None
    bytes: int | None = None


@dataclass(frozen=True, kw_only=True)
class PlannedRevision:
    """A revision that would be applied, and its steps in order as they would be sent.

    Attributes:
        script: the steps with what a person who runs them by hand must add (BEGIN, COMMIT, lock timeouts).
        depends_from: the place in ``steps`` from which on they depend on what is in the database, None for nowhere.
        sizes: of the tables that a step locks, scans or rewrites; empty where none exists yet.
    """

    revision: str
    phase: Phase
    change: str
    message: str
    steps: tuple[PlannedStep, ...]
    script: tuple[str, ...] = ()
    depends_from: int | None = None
    sizes: tuple[TableSize, ...] = ()
    lock_timeout: timedelta = timedelta()
    note: str = ""

    @property
    def statements(self) -> tuple[str, ...]:
        """The SQL of the steps."""
        return tuple(step.sql for step in self.steps)


@dataclass(frozen=True, kw_only=True)
class PhaseReport:
    """``expand``, ``contract`` and ``upgrade``.  ``notes`` are sentences for a person; ``next`` are commands."""

    command: str
    database: DatabaseIdentity
    exit_code: ExitCode
    applied: tuple[AppliedRevision, ...] = ()
    blocked: tuple[BlockedRevision, ...] = ()
    planned: tuple[PlannedRevision, ...] = ()
    pending: tuple[str, ...] = ()
    ahead: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    next: tuple[str, ...] = ()
    dry_run: bool = False


@dataclass(frozen=True, kw_only=True)
class DataCell:
    """One data migration of a change in ``status``.

    ``rows_remain`` is what the predicate says now; None where it was not asked (waiting, retired, or none declared).
    ``quarantined`` rows failed by themselves, and no run tries them before a retry; ``waived``
    ones hold nothing up.
    """

    name: str
    state: str
    quarantined: int = 0
    waived: int = 0
    rows_remain: bool | None = None
    waiting_for: tuple[str, ...] = ()
    commits_itself: bool = False
    error_class: str = ""
    found: int = 0
    done: int = 0


@dataclass(frozen=True, kw_only=True)
class RevisionCell:
    """One revision of a change in ``status``."""

    revision: str
    message: str
    applied: bool
    unfinished: bool = False


@dataclass(frozen=True, kw_only=True)
class ChangeStatus:
    """One line of ``status``; ``state`` is ``done`` or the phase that is due."""

    change: str
    state: str
    expand: tuple[RevisionCell, ...]
    data: tuple[DataCell, ...]
    contract: tuple[RevisionCell, ...]
    blocks: tuple[Gate, ...] = ()
    next: str = ""


@dataclass(frozen=True, kw_only=True)
class StatusReport:
    """All changes in the order of the graph."""

    database: DatabaseIdentity
    heads: tuple[str, ...]
    trunk_pending: tuple[str, ...]
    anchors_pending: tuple[str, ...]
    changes: tuple[ChangeStatus, ...]
    ahead: tuple[str, ...] = ()
    forced: tuple[str, ...] = ()
    services: tuple[Service, ...] = ()
    notes: tuple[str, ...] = ()
    next: tuple[str, ...] = field(default_factory=tuple)
