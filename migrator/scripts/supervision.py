"""What stands between the user's code and whoever runs it: which file's code runs now, and which must not run again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from migrator.scripts.project import Project
from migrator.scripts.recording import RecordingError


@dataclass(frozen=True, kw_only=True)
class Supervision:
    """Told before each piece of the user's code.  This one lets everything run and keeps nothing.

    ``broken``: file → what happened to an earlier process that ran it; its code is not run again.
    """

    broken: Mapping[str, RecordingError] = field(default_factory=dict)

    def seclude(self) -> None:
        """The user's code comes next; nothing here may be left for it to reach."""

    def loaded(self, project: Project) -> None:
        """The revisions are read; this is the project that is judged."""

    def begin(self, file: Path, *, needed: bool = False) -> RecordingError | None:
        """The file's code is about to run; what is wrong with it comes back where it must not.

        Args:
            needed: nothing can be judged without it.
        """
        return self.broken.get(str(file))

    def end(self) -> None:
        """The user's code has come back."""
