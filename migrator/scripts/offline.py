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
from migrator.scripts.usercode import user_code


@dataclass(frozen=True, kw_only=True)
class OfflineLook:
    """``dialect`` is that of env.py's URL, None where env.py doesn't get that far; ``failed`` says why."""

    dialect: Dialect | None = None
    target_metadata: sa.MetaData | None = None
    arguments: Mapping[str, Any] = field(default_factory=dict)
    failed: str = ""


def look_offline(project: Project) -> OfflineLook:
    """Run the offline half of env.py with no migration in it.

    env.py may need settings that a CI job doesn't have; then there is less to know, and ``failed`` is set.
    """
    seen: list[MigrationContext] = []
    arguments: dict[str, Any] = {}

    def look(heads: Any, context: MigrationContext) -> list[Any]:
        seen.append(context)
        return []

    look.migrator_own = True  # type: ignore[attr-defined]  # the guard in env.py lets our own function pass
    environment = EnvironmentContext(project.config, project.script, fn=look, as_sql=True, output_buffer=io.StringIO())
    with environment:
        plain = environment.run_migrations

        def run_migrations(**given: Any) -> None:
            arguments.update(given)
            plain(**given)

        # The module-level proxy calls attributes of the instance, so this reaches context.run_migrations in env.py.
        environment.run_migrations = run_migrations  # type: ignore[method-assign]  # an attribute of the instance
        try:
            with (
                redirect_stdout(io.StringIO()),
                loggers_kept(),
                user_code("env.py", Path(project.script.env_py_location)),
            ):
                project.script.run_env()
        except (UserCodeError, CommandError) as error:
            return OfflineLook(failed=getattr(error, "message", type(error).__name__))
    if not seen:
        return OfflineLook(failed="env.py ran no migrations")
    return OfflineLook(
        dialect=seen[0].dialect,
        target_metadata=_metadata(seen[0].opts.get("target_metadata")),
        arguments=arguments,
    )


def _metadata(target: Any) -> sa.MetaData | None:
    first = target[0] if isinstance(target, (list, tuple)) and target else target
    return first if isinstance(first, sa.MetaData) else None
