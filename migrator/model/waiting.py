"""What ``wait`` waits for, and what it found."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from migrator.model.database import DatabaseIdentity
from migrator.model.exit_code import ExitCode


class Goal(StrEnum):
    """``expanded``: the trunk and all expands of this code are applied; ``data``: and its data migrations find no row
    now; ``contracted``: the trunk, all expands and all contracts are applied."""

    EXPANDED = "expanded"
    DATA = "data"
    CONTRACTED = "contracted"


@dataclass(frozen=True, kw_only=True)
class Missing:
    """What stands between a database and a goal.

    Attributes:
        what: one sentence a kind, empty when the goal is reached.
        ahead: expands that are applied and that this code doesn't know; compatible.
        notes: sentences for a person.
        next: the command that brings it nearer; empty when the goal is reached.
    """

    database: DatabaseIdentity
    what: tuple[str, ...]
    ahead: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    next: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class WaitReport:
    """``exit_code`` is 0 when the goal was reached, 4 when the time ran out before."""

    goal: Goal
    database: DatabaseIdentity
    exit_code: ExitCode
    waited: timedelta
    missing: tuple[str, ...] = ()
    ahead: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    next: tuple[str, ...] = ()
