"""A revision as the planner sees it: Alembic's script, without Alembic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from migrator.model.phase import Phase


@dataclass(frozen=True, kw_only=True)
class Revision:
    """One revision file.

    ``change`` is the name that the expand, data and contract files of one intention share; ``named_change`` says
    whether the file itself gave it.  ``digest`` is the SHA-256 of the file, line ends normalised.
    """

    id: str
    phase: Phase
    change: str
    message: str
    path: Path
    digest: str
    named_change: bool = False
    anchor: bool = False
    down_revision: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    requires_data: tuple[str, ...] = ()
    requires_services: Mapping[str, str] = field(default_factory=dict)
    allow: Mapping[str, str] = field(default_factory=dict)

    @property
    def parents(self) -> tuple[str, ...]:
        """``down_revision`` and ``depends_on``, in that order, each once; empty for a base."""
        return tuple(dict.fromkeys((*self.down_revision, *self.depends_on)))
