"""A database of the demo's own."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError


class NoDatabaseError(Exception):
    """A database can't be made there."""


@contextmanager
def scratch_database(server: str | None) -> Iterator[tuple[str, Path]]:
    """A new empty database, dropped at the end.

    Args:
        server: URL of any database on the server; None makes an SQLite file.

    Yields:
        Its URL, and a temporary folder.

    Raises:
        NoDatabaseError: the URL is malformed, its driver missing, the server down, or this user may not make one.
    """
    with tempfile.TemporaryDirectory(prefix="migrator-demo-") as folder:
        url = _parsed(server or "sqlite://")
        if url.get_backend_name() == "sqlite":
            yield f"sqlite:///{folder}/inventory.db", Path(folder)
            return
        name = f"migrator_demo_{secrets.token_hex(4)}"
        try:
            _administer(url, f"CREATE DATABASE {name}")
        except (SQLAlchemyError, ModuleNotFoundError) as error:
            raise NoDatabaseError(f"can't make a database on {url.host or url} ({type(error).__name__})") from None
        try:
            yield url.set(database=name).render_as_string(hide_password=False), Path(folder)
        finally:
            force = " WITH (FORCE)" if url.get_backend_name() == "postgresql" else ""
            _administer(url, f"DROP DATABASE {name}{force}")


def _parsed(text: str) -> sa.URL:
    try:
        return sa.make_url(text)
    except (SQLAlchemyError, ValueError):
        raise NoDatabaseError("the database URL is malformed") from None


def _administer(url: sa.URL, statement: str) -> None:
    engine = sa.create_engine(url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
