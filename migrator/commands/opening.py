"""What every command begins with: the project and its database."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from migrator.db.observer import NoObserver, Observer
from migrator.scripts.environment import Target, open_target
from migrator.scripts.project import Project, load_project
from migrator.state.store import Store

Result = TypeVar("Result")


@dataclass(frozen=True, kw_only=True)
class Opening:
    """Where the project is and what the command line sets.

    Args:
        config_file: alembic.ini or pyproject.toml; None looks in the working directory.
        overrides: settings by name (``database_url``, ``lock_timeout`` ...); None values mean not given.
        observer: told of each step in the database.
    """

    config_file: Path | None = None
    overrides: Mapping[str, Any] = field(default_factory=dict)
    observer: Observer = field(default_factory=NoObserver)

    def project(self) -> Project:
        """The project alone, for commands that need no database."""
        return load_project(self.config_file, overrides=self.overrides)

    def run(self, work: Callable[[Target, Store], Result]) -> Result:
        """Open the database that env.py connects to and do the work; nothing is sent to it but questions until then.

        Raises: as :func:`load_project` and :func:`open_target`.
        """
        target = open_target(self.project())
        target.database.observer = self.observer
        store = Store(database=target.database, schema=target.environment.version_table_schema)
        return target.database.run(lambda: work(target, store))
