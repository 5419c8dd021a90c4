"""The one line at an application's start: ``migrator.register(engine, "api")``."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Collection
from datetime import timedelta
from pathlib import Path
from typing import overload

from sqlalchemy import Engine
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import SingletonThreadPool, StaticPool

from migrator.dialects import pack_for
from migrator.errors import ConfigurationError
from migrator.model.service import Service
from migrator.services import process
from migrator.services.pulse import Pulse
from migrator.services.registration import AsyncRegistration, Registration
from migrator.services.shipping import own_release, shipped
from migrator.services.trouble import LOG
from migrator.state.tables import state_tables

_ONE_CONNECTION = (StaticPool, SingletonThreadPool)
_LONGEST = {"name": 64, "instance": 128, "release": 64}  # of the columns
_SHORTEST = timedelta(milliseconds=1)


@overload
def register(
    engine: Engine,
    name: str,
    *,
    release: str | None = ...,
    instance: str | None = ...,
    heads: Collection[str] | None = ...,
    revisions: Collection[str] | None = ...,
    config: str | Path | None = ...,
    interval: timedelta = ...,
    expiry: timedelta = ...,
    version_table_schema: str | None = ...,
) -> Registration: ...
@overload
def register(
    engine: AsyncEngine,
    name: str,
    *,
    release: str | None = ...,
    instance: str | None = ...,
    heads: Collection[str] | None = ...,
    revisions: Collection[str] | None = ...,
    config: str | Path | None = ...,
    interval: timedelta = ...,
    expiry: timedelta = ...,
    version_table_schema: str | None = ...,
) -> AsyncRegistration: ...
def register(
    engine: Engine | AsyncEngine,
    name: str,
    *,
    release: str | None = None,
    instance: str | None = None,
    heads: Collection[str] | None = None,
    revisions: Collection[str] | None = None,
    config: str | Path | None = None,
    interval: timedelta = timedelta(seconds=10),
    expiry: timedelta = timedelta(seconds=60),
    version_table_schema: str | None = None,
) -> Registration | AsyncRegistration:
    """Say that this process runs, and go on saying it in the background until it ends.

    Args:
        engine: the application's own.  With an ``AsyncEngine`` the heartbeat is a task of the running loop, else a
            daemon thread.
        name: the service, for example ``api``: the same for all that run the same code for the same purpose.
        release: what it runs; default: the setting ``release``, or MIGRATOR_RELEASE.
        instance: which of them; default: host name and process id.  Two processes may not share one.
        heads: the heads of the revisions that the code ships with; default: read from its own migrations, beside
            ``revisions``.  Empty for code that ships with none.
        revisions: the expand and contract revisions that the code ships with.
        config: alembic.ini or pyproject.toml of these migrations; default: MIGRATOR_CONFIG, or the working directory.
        interval: between two heartbeats.
        expiry: a silence that it would not keep while it lives; at least twice the interval.
        version_table_schema: where migrator's tables are, if ``env.py`` names a schema.

    Returns:
        At once; the first word is written in the background.  Trouble with the database is logged
        (``migrator.services``), never raised.  The same name and instance again takes the earlier one's place.

    Raises:
        ConfigurationError: an argument or the project can't be used, or there is no running loop for an AsyncEngine.

    Locks: its own row of ``migrator_service``, for the time of one small UPDATE.
    """
    _refuse_engine(engine)
    _refuse_times(interval, expiry)
    path = None if config is None else Path(config)
    shipped_heads, shipped_revisions = _revisions(heads, revisions, path)
    service = Service(
        name=_text("name", name),
        instance=_text("instance", f"{socket.gethostname()}:{os.getpid()}" if instance is None else instance),
        release=_text("release", own_release(path) if release is None else release),
        heads=tuple(shipped_heads),
        revisions=frozenset(shipped_revisions),
        expiry=expiry,
    )
    return _started(engine, Pulse(service, state_tables(version_table_schema).service), interval)


def _started(engine: Engine | AsyncEngine, pulse: Pulse, interval: timedelta) -> Registration | AsyncRegistration:
    registration: Registration | AsyncRegistration
    if isinstance(engine, AsyncEngine):
        registration = AsyncRegistration(engine, pulse, interval)
    else:
        registration = Registration(engine, pulse, interval)
    process.enlist(registration)
    if isinstance(engine.pool, _ONE_CONNECTION):
        _warn_of_one_connection(pulse.service)
    else:
        registration.start()
    return registration


def _refuse_engine(engine: object) -> None:
    if isinstance(engine, AsyncEngine):
        pack_for(engine.dialect)
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            raise ConfigurationError(
                "an AsyncEngine is registered where no event loop runs, so its heartbeat has no place",
                remedy="call migrator.register(engine, ...) inside the loop: in the application's lifespan or start-up",
            ) from None
        return
    if not isinstance(engine, Engine):
        raise ConfigurationError(
            f"migrator.register needs an Engine or AsyncEngine, not {type(engine).__name__}",
            remedy="pass what create_engine or create_async_engine gave (session.get_bind() of a Session)",
        )
    pack_for(engine.dialect)
    if engine.dialect.is_async:
        raise ConfigurationError(
            "this is the inner engine of an AsyncEngine, which a thread can't use",
            remedy="pass the AsyncEngine itself",
        )


def _refuse_times(interval: timedelta, expiry: timedelta) -> None:
    for what, value in (("interval", interval), ("expiry", expiry)):
        if not isinstance(value, timedelta) or value < _SHORTEST:
            raise ConfigurationError(
                f"{what} must be a timedelta above zero", remedy=f"write {what}=timedelta(seconds=10)"
            )
    if expiry < 2 * interval:
        raise ConfigurationError(
            f"an expiry of {expiry.total_seconds():g} s is less than two intervals of {interval.total_seconds():g} s:"
            " one lost heartbeat, and the service would count as silent",
            remedy=f"write expiry=timedelta(seconds={2 * interval.total_seconds():g}) or more",
        )


def _text(what: str, value: object) -> str:
    longest = _LONGEST[what]
    if not isinstance(value, str) or value != value.strip() or not value.isprintable():
        problem = "must be a text without spaces around it or unprintable characters"
    elif not value and what != "release":
        problem = "must not be empty"
    elif "/" in value and what == "name":
        problem = "must not hold a slash, which stands between name and instance"
    elif len(value) > longest:
        problem = f"must not be longer than {longest} characters"
    else:
        return value
    raise ConfigurationError(f"the {what} of a service {problem}", remedy=f'write for example {what}="api"')


def _revisions(
    heads: Collection[str] | None, revisions: Collection[str] | None, config: Path | None
) -> tuple[Collection[str], Collection[str]]:
    if heads is None and revisions is None:
        return shipped(config)
    for what, ids in (("heads", heads), ("revisions", revisions)):
        if ids is not None and (isinstance(ids, str) or not all(isinstance(one, str) and one for one in ids)):
            raise ConfigurationError(f"{what} must be a list of revision ids", remedy=f'write {what}=["b71e"]')
    return heads or (), revisions or ()


def _warn_of_one_connection(service: Service) -> None:
    LOG.warning(
        "service %s is not registered: its engine holds one connection for all (StaticPool, SingletonThreadPool), and"
        " a heartbeat would end the application's own transactions; register with an engine that has a pool",
        service.label,
    )
