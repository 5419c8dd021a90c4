"""A database of a test's own on one of the servers."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa


@dataclass(frozen=True, kw_only=True)
class Database:
    """An empty database.

    Attributes:
        url: SQLAlchemy's URL with driver and password, as text.
        server: the server's id, e.g. ``postgresql-psycopg``.
        dialect: ``sqlite``, ``postgresql`` or ``mysql`` (MariaDB too).
    """

    url: str
    server: str
    dialect: str
    _engines: list[sa.Engine] = field(default_factory=list, repr=False)

    def engine(self, **options: Any) -> sa.Engine:
        """A new engine with these options of ``create_engine``; disposed of at the end of the test."""
        engine = sa.create_engine(self.url, **options)
        self._engines.append(engine)
        return engine

    def execute(self, *statements: str | sa.Executable, **values: Any) -> None:
        """Run statements in one transaction of their own."""
        with self._connection() as connection:
            for statement in statements:
                connection.execute(_executable(statement), values)

    def rows(self, statement: str | sa.Executable, **values: Any) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        with self._connection() as connection:
            return [tuple(row) for row in connection.execute(_executable(statement), values)]

    def scalar(self, statement: str | sa.Executable, **values: Any) -> Any:
        """The first column of the first row; None without a row."""
        with self._connection() as connection:
            return connection.execute(_executable(statement), values).scalar()

    def tables(self) -> list[str]:
        """The names of its tables, sorted."""
        with self._connection() as connection:
            return sorted(sa.inspect(connection).get_table_names())

    def columns(self, table: str) -> list[str]:
        """The names of a table's columns, in order."""
        with self._connection() as connection:
            return [column["name"] for column in sa.inspect(connection).get_columns(table)]

    def dispose(self) -> None:
        """Close what the engines of this test hold."""
        for engine in self._engines:
            engine.dispose()

    @contextmanager
    def _connection(self) -> Iterator[sa.Connection]:
        with _engine_without_pool(self.url).begin() as connection:
            yield connection


@contextmanager
def database_on_server(server: str, url: sa.URL) -> Iterator[Database]:
    """A new database on a server, dropped afterwards whoever is still connected."""
    name = f"mt_{secrets.token_hex(6)}"
    admin = sa.create_engine(url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    ours = url.set(database=name)
    database = Database(url=ours.render_as_string(hide_password=False), server=server, dialect=url.get_backend_name())
    try:
        yield database
    finally:
        database.dispose()
        with admin.connect() as connection:
            _drop(connection, name)


@contextmanager
def database_in_file(folder: Path) -> Iterator[Database]:
    """A new SQLite file in a folder."""
    file = folder / f"mt_{secrets.token_hex(6)}.db"
    database = Database(url=f"sqlite:///{file}", server="sqlite", dialect="sqlite")
    try:
        yield database
    finally:
        database.dispose()


@lru_cache(maxsize=4)
def _engine_without_pool(url: str) -> sa.Engine:
    """One for all statements of a test: a new one would ask the server for its settings each time."""
    return sa.create_engine(url, poolclass=sa.NullPool)


def _executable(statement: str | sa.Executable) -> sa.Executable:
    return sa.text(statement) if isinstance(statement, str) else statement


def _drop(connection: sa.Connection, name: str) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
        return
    # A session that was left in a transaction would hold the drop up for ever.
    query = sa.text("SELECT id FROM information_schema.processlist WHERE db = :name")
    for session in connection.execute(query, {"name": name}).scalars().all():
        try:
            connection.execute(sa.text(f"KILL {int(session)}"))
        except sa.exc.OperationalError as error:
            if getattr(error.orig, "args", (0,))[0] != 1094:  # 1094: it is gone by now
                raise
    connection.execute(sa.text(f"DROP DATABASE {name}"))
