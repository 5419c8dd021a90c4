"""What the caller of a run that changes the schema may choose."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from migrator.executor.stepping import Assume
from migrator.runner.orphans import Orphans


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """``wait``: how long another runner is waited for, None for the project's setting; ``assume``: what to take for
    the outcome of a statement that nobody can see; ``orphans``: what to do with what an earlier run left running."""

    wait: timedelta | None = None
    assume: Assume | None = None
    orphans: Orphans = Orphans.WAIT


BY_THE_SETTINGS = RunOptions()
"""Nothing chosen."""
