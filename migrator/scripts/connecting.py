"""Engines from URLs, and the connections that env.py tries to open."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NoReturn

import sqlalchemy as sa
from sqlalchemy import Engine, event
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.engine.url import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from migrator.dialects import pack_named
from migrator.errors import ConfigurationError, MigratorError, UserCodeError

_DRIVER_EXTRAS = {
    "psycopg2": "postgresql",
    "psycopg": "psycopg",
    "pymysql": "mysql",
    "asyncpg": None,
    "aiosqlite": None,
    "MySQLdb": None,
}
_BY_DRIVER = {
    "psycopg2": "postgresql",
    "psycopg": "postgresql",
    "asyncpg": "postgresql",
    "pymysql": "mysql",
    "sqlite3": "sqlite",
    "aiosqlite": "sqlite",
}
_PLACE_KEYS = {"host": "host", "port": "port", "dbname": "database", "database": "database", "db": "database"}


@dataclass(kw_only=True)
class Attempts:
    """The last connection that was tried: its dialect and its place, without the password."""

    dialect: str = ""
    place: str = "the database of env.py"

    def remember(self, dialect: Dialect, place: str) -> None:
        self.dialect = dialect.name
        self.place = place


def engine_of(text: str) -> Engine:
    """Our own engine for a ``--database-url``; async drivers give the sync face of an async engine.

    Raises:
        ConfigurationError: the URL is malformed, its dialect unknown, or its driver not installed.
    """
    url = _parsed(text)
    try:
        if url.get_dialect().is_async:
            from sqlalchemy.ext.asyncio import create_async_engine

            return create_async_engine(url, poolclass=sa.NullPool, hide_parameters=True).sync_engine
        return sa.create_engine(url, poolclass=sa.NullPool, hide_parameters=True)
    except (ImportError, ArgumentError, NoSuchModuleError) as error:
        better = place_of_url(error)
        if better is None:
            raise
        raise better from None


def _parsed(text: str) -> URL:
    try:
        return make_url(text)
    except (ArgumentError, ValueError):
        # SQLAlchemy's message may hold the text, and with it a password.
        raise ConfigurationError(
            "the database URL is malformed",
            remedy="write it as dialect+driver://user:password@host:port/database, with %-escapes in user and password",
        ) from None


def place_of_url(error: BaseException) -> MigratorError | None:
    """A sentence for what ``create_engine`` raised; None for anything else."""
    if isinstance(error, ModuleNotFoundError) and error.name in _DRIVER_EXTRAS:
        return _missing_driver(error.name)
    if isinstance(error, NoSuchModuleError):
        return ConfigurationError(
            "the database URL names a dialect or driver that SQLAlchemy doesn't know",
            remedy="use postgresql+psycopg2://, postgresql+psycopg://, mysql+pymysql:// or sqlite:///FILE",
        )
    if isinstance(error, ArgumentError):
        return ConfigurationError(
            "the database URL is malformed",
            remedy="write it as dialect+driver://user:password@host:port/database, with %-escapes in user and password",
        )
    return None


def _missing_driver(name: str) -> ConfigurationError:
    extra = _DRIVER_EXTRAS[name]
    install = f"pip install 'migrator-alembic[{extra}]'" if extra else f"pip install {name}"
    also = ""
    if name in ("psycopg", "psycopg2"):
        also = (
            " (SQLAlchemy 2.1 reads postgresql:// as psycopg 3, 2.0 as psycopg2; name the driver that you have:"
            " postgresql+psycopg2:// or postgresql+psycopg://)"
        )
    return ConfigurationError(f"the database driver {name} is not installed{also}", remedy=install, driver=name)


@contextmanager
def watched(attempts: Attempts, ours: Engine | None) -> Iterator[None]:
    """Remember each connection that is tried inside; with ``ours`` given, refuse one that goes elsewhere.

    Raises:
        ConfigurationError: env.py connects to another host, port or database than ``--database-url`` names.
    """
    wanted = _place(*ours.dialect.create_connect_args(ours.url)) if ours is not None else None

    def connecting(dialect: Dialect, record: Any, arguments: list[Any], parameters: dict[str, Any]) -> None:
        place = _place(tuple(arguments), parameters)
        attempts.remember(dialect, _label(place))
        if wanted is not None and place != wanted:
            raise ConfigurationError(
                f"env.py connects to {_label(place)}, but --database-url names {_label(wanted)}",
                remedy="let env.py take its URL from the configuration (sqlalchemy.url), or drop --database-url",
            )

    event.listen(Engine, "do_connect", connecting)
    try:
        yield
    finally:
        event.remove(Engine, "do_connect", connecting)


def label_of(engine: Engine) -> str:
    """Where an engine connects to (host, port, database), without user and password."""
    return _label(_place(*engine.dialect.create_connect_args(engine.url)))


def _place(arguments: Any, parameters: Any) -> dict[str, str]:
    found = {name: str(parameters[key]) for key, name in _PLACE_KEYS.items() if parameters.get(key) not in (None, "")}
    if arguments and isinstance(arguments[0], str):
        found.setdefault("database", arguments[0])  # SQLite's file
    return found


def _label(place: dict[str, str]) -> str:
    host = place.get("host", "")
    port = f":{place['port']}" if "port" in place else ""
    database = place.get("database", "")
    return f"{host}{port}/{database}" if host else database or "the default server"


def raise_connect_error(error: DBAPIError, attempts: Attempts) -> NoReturn:
    """A database error while env.py ran becomes ours: it could not connect, or a statement of its own failed."""
    module = type(error.orig).__module__.split(".")[0]
    name = attempts.dialect or _BY_DRIVER.get(module, "")
    if not name:
        raise UserCodeError(
            f"env.py could not connect ({type(error.orig).__name__})", remedy="check its connection"
        ) from None
    rules = pack_named(name).errors
    if error.statement:
        raise rules.translate(error) from None
    raise rules.translate_connect(error, place=attempts.place) from None
