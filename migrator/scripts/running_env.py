"""What is the same whenever env.py is run with a function of ours in place of the migrations."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import alembic.context
import sqlalchemy as sa
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from migrator.dialects.unknown import Unknown
from migrator.dialects.way import Way

Look = Callable[[Any, MigrationContext], list[Any]]

# What Alembic itself adds to env.py's options, and what only the offline half of env.py says.
NOT_OURS = frozenset(
    "fn script on_version_apply dont_mutate as_sql sql starting_rev destination_rev"
    " literal_binds dialect_opts dialect_name output_buffer url output_encoding".split()
)


def inside_environment() -> bool:
    """Whether some env.py is running: a second EnvironmentContext would take its proxy away."""
    try:
        return alembic.context.config is not None
    except (NameError, AttributeError):
        return False


@contextmanager
def environment_of(context: MigrationContext, config: Config, script: ScriptDirectory) -> Iterator[None]:
    """``alembic.context`` answers as it does while Alembic runs a revision, which may ask it for a connection or -x."""
    if inside_environment():
        yield
        return
    with EnvironmentContext(config, script) as environment:
        # configure() would make another context than the one that ``op`` works on.
        environment._migration_context = context
        yield


@contextmanager
def unknown_arguments(way: Way) -> Iterator[None]:
    """What ``-x`` gives is known to whoever runs Alembic only: ``context.get_x_argument()`` is followed each way."""
    environment = alembic.context._proxy  # type: ignore[attr-defined]  # Alembic's own, there while an env.py runs
    environment.get_x_argument = lambda as_dictionary=False: Unknown(way)
    try:
        yield
    finally:
        del environment.get_x_argument


def looking(see: Callable[[MigrationContext], None]) -> Look:
    """A migrations function that calls ``see`` and takes no step; the guard in env.py lets it pass."""

    def look(heads: Any, context: MigrationContext) -> list[Any]:
        see(context)
        return []

    look.migrator_own = True  # type: ignore[attr-defined]  # a mark on the function, read by the guard
    return look


def own_options(context: MigrationContext) -> dict[str, Any]:
    """What env.py itself passed to ``context.configure``."""
    return {key: value for key, value in context.opts.items() if key not in NOT_OURS}


def capture_arguments(
    environment: EnvironmentContext, arguments: dict[str, Any], each: list[Mapping[str, Any]] | None = None
) -> None:
    """Put what env.py passes to ``context.run_migrations`` into ``arguments``: the revisions' functions get it.

    Args:
        each: to be filled with those of one call after the other; env.py makes several for several databases.
    """
    plain = environment.run_migrations

    def run_migrations(**given: Any) -> None:
        arguments.update(given)
        if each is not None:
            each.append(given)
        plain(**given)

    # The module-level proxy calls attributes of the instance, so this reaches context.run_migrations in env.py.
    environment.run_migrations = run_migrations  # type: ignore[method-assign]  # an attribute of the instance


def first_metadata(options: Mapping[str, Any]) -> sa.MetaData | None:
    """The models' metadata, the first where env.py gave several; None where it gave none."""
    target = options.get("target_metadata")
    if isinstance(target, (list, tuple)):
        target = target[0] if target else None
    return target if isinstance(target, sa.MetaData) else None
