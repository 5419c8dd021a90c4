"""A database for measurements: created on the server of a URL, and dropped whatever happens."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from threading import Event, Thread

from sqlalchemy import URL, Connection, Engine
from sqlalchemy.exc import DBAPIError

from migrator.db.interrupts import interrupted
from migrator.db.translate import connecting, translated
from migrator.dialects import pack_for
from migrator.dialects.base import Pack
from migrator.dialects.tracing import TraceRules, trace_rules
from migrator.errors import PrivilegeError, UsageError
from migrator.model.database import DatabaseIdentity
from migrator.scripts.connecting import engine_of, label_of

_PREFIX = "migrator_trace_"
_BETWEEN_LOOKS = timedelta(milliseconds=100)


@dataclass(frozen=True, kw_only=True)
class Scratch:
    """An empty database of ours; ``url`` holds the password."""

    url: URL
    pack: Pack
    identity: DatabaseIdentity
    rules: TraceRules


@contextmanager
def scratch_database(text: str) -> Iterator[Scratch]:
    """Create a database beside the one that the URL names, which must hold no table, and drop it at the end.

    Needs CREATEDB on PostgreSQL; CREATE and DROP on ``migrator_trace_%`` and PROCESS on MySQL and MariaDB.

    Raises:
        UsageError: the named database holds tables; SQLite; an async driver.
        PrivilegeError: the role may not create a database.
        UnreachableError: the server doesn't answer, or has no such database.
        ConfigurationError: the URL is malformed or its driver missing.
    """
    admin = engine_of(text)
    name = f"{_PREFIX}{secrets.token_hex(6)}"
    pack = pack_for(admin.dialect)
    trace_rules(pack.name)
    if admin.dialect.is_async:
        raise UsageError(
            "--trace looks at one session from another and needs a driver that isn't async",
            remedy="name one in the URL:  postgresql+psycopg2://, postgresql+psycopg:// or mysql+pymysql://",
        )
    with _connected(admin, pack) as connection:
        pack = pack_for(connection.dialect)
        rules = trace_rules(pack.name)
        _refuse_used(connection, pack, rules, label_of(admin))
        _create(connection, pack, rules, name)
        identity = pack.session.identity(connection)
    try:
        with _dropped_on_interrupt(admin, rules, name):
            yield Scratch(url=admin.url.set(database=name), pack=pack, identity=identity, rules=rules)
    finally:
        with _connected(admin, pack) as connection, translated(pack.errors):
            rules.drop(connection, name)
        admin.dispose()


@contextmanager
def _dropped_on_interrupt(admin: Engine, rules: TraceRules, name: str) -> Iterator[None]:
    """Drop the database at Ctrl-C at once: a driver in C sees no signal until its statement ends, and so it does."""
    ended = Event()

    def watch() -> None:
        while not ended.wait(_BETWEEN_LOOKS.total_seconds()):
            if interrupted():
                with suppress(DBAPIError), admin.connect() as connection:
                    rules.drop(connection.execution_options(isolation_level="AUTOCOMMIT"), name)
                return

    watcher = Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()


@contextmanager
def _connected(admin: Engine, pack: Pack) -> Iterator[Connection]:
    with connecting(pack.errors, label_of(admin)):
        connection = admin.connect()
    with connection:
        yield connection.execution_options(isolation_level="AUTOCOMMIT")


def _refuse_used(connection: Connection, pack: Pack, rules: TraceRules, place: str) -> None:
    with translated(pack.errors):
        used = rules.has_tables(connection)
    if used:
        raise UsageError(
            f"{place} holds tables, and --trace is for servers that nobody's data is on",
            remedy="make an empty database on a server for tests, and name that one",
        )


def _create(connection: Connection, pack: Pack, rules: TraceRules, name: str) -> None:
    try:
        rules.create(connection, name)
    except DBAPIError as error:
        better = pack.errors.translate(error)
        if not isinstance(better, PrivilegeError):
            raise better from None
        raise PrivilegeError(
            f"--trace creates a database of its own, and the role may not ({better.message})",
            remedy=f"as an administrator:  {rules.rights.format(prefix=_PREFIX)}",
            **better.fields,
        ) from None
