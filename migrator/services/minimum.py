"""Nova's question: is everybody new enough?"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection, Engine
from sqlalchemy.ext.asyncio import AsyncEngine

from migrator.errors import ConfigurationError, MigratorError
from migrator.services import process
from migrator.services.registration import AsyncRegistration, Registration
from migrator.services.releases import lowest
from migrator.services.speaking import visit, visit_async
from migrator.services.trouble import Troubles
from migrator.state.services import releases_in_use
from migrator.state.tables import state_tables

_PATIENCE = timedelta(seconds=5)
_MAX_AGE = timedelta(seconds=10)
_lock = threading.Lock()


@dataclass(kw_only=True)
class _Question:
    """One question to one database, with its last answer."""

    name: str
    table: sa.Table
    troubles: Troubles
    answer: str | None = None
    answered: float | None = None

    def fresh(self, max_age: timedelta) -> bool:
        return self.answered is not None and time.monotonic() - self.answered <= max_age.total_seconds()

    def releases(self, connection: Connection, now: ColumnElement[datetime]) -> frozenset[str]:
        return releases_in_use(connection, self.table, self.name)

    def settle(self, releases: frozenset[str]) -> str | None:
        self.troubles.went_well()
        return self.note(lowest(releases))

    def note(self, answer: str | None) -> str | None:
        self.answer, self.answered = answer, time.monotonic()
        return answer

    def fail(self, error: MigratorError) -> str | None:
        self.troubles.failed(error)
        return self.note(None)


_questions: WeakKeyDictionary[Engine, dict[tuple[str | None, str], _Question]] = WeakKeyDictionary()


def minimum_version(
    name: str,
    engine: Engine | None = None,
    *,
    max_age: timedelta = _MAX_AGE,
    version_table_schema: str | None = None,
) -> str | None:
    """The lowest release among the instances of a service that have not stopped; silent ones count.

    Args:
        name: the service, as it registers.
        engine: default: that of this process's registration, with its schema.
        max_age: an answer that old is given again without asking; else it is one small SELECT.
        version_table_schema: where migrator's tables are, if ``env.py`` names a schema.

    Returns:
        None where nobody can say: nobody is registered, one of the instances gave no release, releases can't be put
        in order, or the database doesn't answer (which is logged, not raised).  So None means "stay with the old".

    Raises:
        ConfigurationError: no engine is given and this process has no registration, or it is an async one.
    """
    chosen, schema = _chosen(engine, version_table_schema)
    if isinstance(chosen, AsyncEngine):
        raise ConfigurationError(
            "an AsyncEngine can't be asked without its loop",
            remedy=f'write await migrator.aminimum_version("{name}")',
        )
    question = _question(chosen, schema, name)
    if question.fresh(max_age):
        return question.answer
    try:
        return question.settle(visit(chosen, question.table, question.releases, patience=_PATIENCE))
    except MigratorError as error:
        return question.fail(error)


async def aminimum_version(
    name: str,
    engine: AsyncEngine | None = None,
    *,
    max_age: timedelta = _MAX_AGE,
    version_table_schema: str | None = None,
) -> str | None:
    """The same over an AsyncEngine.

    Raises:
        ConfigurationError: no engine is given and this process has no registration, or it is not an async one.
    """
    chosen, schema = _chosen(engine, version_table_schema)
    if not isinstance(chosen, AsyncEngine):
        raise ConfigurationError(
            "aminimum_version needs an AsyncEngine", remedy=f'write migrator.minimum_version("{name}")'
        )
    question = _question(chosen.sync_engine, schema, name)
    if question.fresh(max_age):
        return question.answer
    try:
        return question.settle(await visit_async(chosen, question.table, question.releases, patience=_PATIENCE))
    except MigratorError as error:
        return question.fail(error)


def _chosen(engine: Engine | AsyncEngine | None, schema: str | None) -> tuple[Engine | AsyncEngine, str | None]:
    if engine is not None:
        return engine, schema
    registration = process.latest()
    if not isinstance(registration, Registration | AsyncRegistration):
        raise ConfigurationError(
            "minimum_version doesn't know which database to ask: this process has not registered",
            remedy='call migrator.register(engine, "api") first, or pass the engine: minimum_version("api", engine)',
        )
    return registration.engine, schema or registration.place[1]


def _question(engine: Engine, schema: str | None, name: str) -> _Question:
    with _lock:
        asked = _questions.setdefault(engine, {})
        if (schema, name) not in asked:
            troubles = Troubles(f"the minimum version of service {name} is not known", _MAX_AGE)
            asked[schema, name] = _Question(name=name, table=state_tables(schema).service, troubles=troubles)
        return asked[schema, name]
