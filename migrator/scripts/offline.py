"""What env.py says of itself without a database: its offline half is run, and nothing of it is printed."""

from __future__ import annotations

import io
from collections.abc import Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.util.exc import CommandError
from sqlalchemy.engine.interfaces import Dialect

from migrator.errors import UserCodeError
from migrator.scripts.logs import loggers_kept
from migrator.scripts.project import Project
from migrator.scripts.running_env import capture_arguments, first_metadata, looking, own_options
from migrator.scripts.supervision import Supervision
from migrator.scripts.usercode import user_code


@dataclass(frozen=True, kw_only=True)
class OfflineLook:
    """``dialect`` is that of env.py's URL, None where env.py doesn't get that far; ``failed`` says why.  ``unrun``: it
    hung, or ended the process that ran it, and is not run again.  ``each``: the arguments of each database in turn, for
    an env.py with several."""

    dialect: Dialect | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    arguments: Mapping[str, Any] = field(default_factory=dict)
    each: tuple[Mapping[str, Any], ...] = ()
    failed: str = ""
    unrun: bool = False

    @property
    def target_metadata(self) -> sa.MetaData | None:
        """The models' metadata, where env.py has some."""
        return first_metadata(self.options)


def look_offline(project: Project, supervision: Supervision | None = None) -> OfflineLook:
    """Run the offline half of env.py with no migration in it.

    env.py may need settings that a CI job doesn't have; then there is less to know, and ``failed`` is set.

    Args:
        supervision: told before it runs; what it refuses is not run.
    """
    watching, place = supervision or Supervision(), Path(project.script.env_py_location)
    broken = watching.begin(place, needed=True)
    if broken is not None:
        return OfflineLook(failed=f"env.py {broken.happened}", unrun=True)
    try:
        return _look(project, everything=supervision is not None)
    finally:
        watching.end()


def _look(project: Project, *, everything: bool) -> OfflineLook:
    seen: list[MigrationContext] = []
    arguments: dict[str, Any] = {}
    each: list[Mapping[str, Any]] = []

    environment = EnvironmentContext(
        project.config, project.script, fn=looking(seen.append), as_sql=True, output_buffer=io.StringIO()
    )
    with environment:
        capture_arguments(environment, arguments, each)
        try:
            with (
                redirect_stdout(io.StringIO()),
                loggers_kept(),
                user_code("env.py", Path(project.script.env_py_location), everything=everything),
            ):
                project.script.run_env()
        except (UserCodeError, CommandError) as error:
            return OfflineLook(failed=getattr(error, "message", type(error).__name__))
    if not seen:
        return OfflineLook(failed="env.py ran no migrations")
    return OfflineLook(dialect=seen[0].dialect, options=own_options(seen[0]), arguments=arguments, each=tuple(each))
