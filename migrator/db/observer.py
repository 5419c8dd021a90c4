"""The seam for tests and progress: every step is told before and after it happens."""

from __future__ import annotations

from typing import Protocol

from migrator.model.database import Step


class Observer(Protocol):
    """Told of each step; may raise (or kill the process) to stand for a crash at that place."""

    def before(self, step: Step) -> None: ...

    def after(self, step: Step) -> None: ...


class NoObserver:
    """Looks away."""

    def before(self, step: Step) -> None:
        """Nothing."""

    def after(self, step: Step) -> None:
        """Nothing."""
