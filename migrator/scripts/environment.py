"""What the user's env.py connects to, and how: it is run once, with our function in place of the migrations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.util.exc import CommandError
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from migrator.db.database import Database
from migrator.db.translate import of_the_network, unanswered
from migrator.dialects import pack_for
from migrator.errors import ConfigurationError, UserCodeError
from migrator.model.database import DatabaseIdentity, SessionSettings
from migrator.scripts.connecting import Attempts, engine_of, place_of_url, raise_connect_error, watched
from migrator.scripts.logs import loggers_kept
from migrator.scripts.offline import look_offline
from migrator.scripts.project import Project
from migrator.scripts.running_env import capture_arguments, first_metadata, looking, own_options
from migrator.scripts.usercode import user_code


@dataclass(frozen=True, kw_only=True)
class Environment:
    """What env.py passed to ``context.configure`` and ``context.run_migrations``, without Alembic's own."""

    options: Mapping[str, Any] = field(default_factory=dict)
    arguments: Mapping[str, Any] = field(default_factory=dict)

    @property
    def version_table_schema(self) -> str | None:
        schema: str | None = self.options.get("version_table_schema")
        return schema

    @property
    def version_table(self) -> str:
        return str(self.options.get("version_table") or "alembic_version")

    @property
    def target_metadata(self) -> sa.MetaData | None:
        """The models' metadata, the first where env.py gave several; None where it gave none."""
        return first_metadata(self.options)

    def migration_context(self, connection: Connection, script: Any) -> MigrationContext:
        """A fresh context of Alembic's on one of our connections, with env.py's options."""
        return MigrationContext.configure(connection, opts={**self.options, "script": script})


@dataclass(frozen=True, kw_only=True)
class Target:
    """A project together with the database that it is for."""

    project: Project
    environment: Environment
    database: Database

    def heads(self, connection: Connection) -> tuple[str, ...]:
        """The version table's rows, sorted; empty when there is no such table.  The scripts may not know them."""
        context = self.environment.migration_context(connection, self.project.script)
        return tuple(sorted(context.get_current_heads()))


@dataclass(frozen=True, kw_only=True)
class _Seen:
    engine: Engine
    identity: DatabaseIdentity
    session: SessionSettings
    execution_options: Mapping[str, Any]
    options: Mapping[str, Any]


def open_target(project: Project) -> Target:
    """Run env.py and learn which database it is for.

    With a ``database_url`` in the settings our own engine is used for everything, and env.py's own database is never
    opened: when env.py insists on another one, it stops.

    Raises:
        UnreachableError: the server is down, refuses the log-in, or has no such database.
        ConfigurationError: a malformed URL, a missing driver, several databases, two databases that don't agree.
        UserCodeError: env.py raised.
    """
    url = project.settings.database_url
    engine = engine_of(url) if url else None
    arguments: dict[str, Any] = {}
    try:
        seen = _probe(project, engine, arguments)
    except UserCodeError:
        if engine is None:
            raise
        seen = _offline(project, engine, arguments)
    return _target(project, seen, engine, arguments)


def _target(project: Project, seen: _Seen, engine: Engine | None, arguments: Mapping[str, Any]) -> Target:
    used = engine if engine is not None else seen.engine
    used.hide_parameters = True  # a driver's parameters are row values
    database = Database(
        engine=used,
        pack=_pack(used, seen),
        identity=seen.identity,
        settings=seen.session,
        execution_options=seen.execution_options,
        lock_timeout=project.settings.lock_timeout,
    )
    environment = Environment(options=seen.options, arguments=arguments)
    return Target(project=project, environment=environment, database=database)


def _pack(engine: Engine, seen: _Seen) -> Any:
    if engine is seen.engine:
        return pack_for(engine.dialect)
    return pack_for(seen.engine.dialect)


def _probe(project: Project, engine: Engine | None, arguments: dict[str, Any]) -> _Seen:
    found: list[_Seen] = []

    def see(context: MigrationContext) -> None:
        assert context.connection is not None
        found.append(_look(context.connection, context))

    if engine is not None:
        url = engine.url.render_as_string(hide_password=False)
        project.config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    with EnvironmentContext(project.config, project.script, fn=looking(see), dont_mutate=True) as environment:
        capture_arguments(environment, arguments)
        with _run_env(project, engine):
            project.script.run_env()
    if len(found) != 1:
        raise ConfigurationError(
            f"env.py ran migrations for {len(found)} databases; migrator works on one",
            remedy="run it once for each database, with a configuration file (or -x argument) of its own",
        )
    return found[0]


@contextmanager
def _run_env(project: Project, engine: Engine | None) -> Iterator[None]:
    attempts = Attempts()
    try:
        with (
            loggers_kept(),
            watched(attempts, engine),
            user_code("env.py", Path(project.script.env_py_location)),
        ):
            yield
    except DBAPIError as error:
        raise_connect_error(error, attempts)
    except UserCodeError as error:
        _reword(error, attempts)
        raise


def _reword(error: UserCodeError, attempts: Attempts) -> None:
    """env.py's own engine fails in ways that deserve a better sentence than "env.py raised"."""
    cause = error.__cause__
    if cause is not None and attempts.dialect and of_the_network(cause):
        raise unanswered(attempts.place, cause) from None
    better = place_of_url(cause) if cause is not None else None
    if better is not None:
        raise better from None
    if isinstance(cause, CommandError):
        raise ConfigurationError(f"Alembic refused env.py: {cause}", remedy="mend env.py") from None


def _look(connection: Connection, context: MigrationContext) -> _Seen:
    pack = pack_for(connection.dialect)
    return _Seen(
        engine=connection.engine,
        identity=pack.session.identity(connection),
        session=pack.session.capture(connection),
        execution_options={
            key: value for key, value in connection.get_execution_options().items() if key != "isolation_level"
        },
        options=own_options(context),
    )


def _offline(project: Project, engine: Engine, arguments: dict[str, Any]) -> _Seen:
    """env.py can't connect by itself (an async env.py, say, and a sync driver in ``--database-url``): its offline half
    tells the options, and the database is looked at through our own engine."""
    offline = look_offline(project)
    if offline.failed:
        raise UserCodeError(offline.failed, remedy="mend env.py, or drop --database-url")
    arguments.update(offline.arguments)
    try:
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts=dict(offline.options))
            return _look(connection, context)
    except DBAPIError as error:
        attempts = Attempts()
        attempts.remember(engine.dialect, engine.url.render_as_string())
        raise_connect_error(error, attempts)
