"""A database of the demo's own."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa


@contextmanager
def scratch_database(server: str | None) -> Iterator[tuple[str, Path]]:
    """A new empty database, dropped at the end.

    Args:
        server: URL of any database on the server; None makes an SQLite file.

    Yields:
        Its URL, and a temporary folder.
    """
    with tempfile.TemporaryDirectory(prefix="migrator-demo-") as folder:
        url = sa.make_url(server or "sqlite://")
        if url.get_backend_name() == "sqlite":
            yield f"sqlite:///{folder}/inventory.db", Path(folder)
            return
        name = f"migrator_demo_{secrets.token_hex(4)}"
        _administer(url, f"CREATE DATABASE {name}")
        try:
            yield url.set(database=name).render_as_string(hide_password=False), Path(folder)
        finally:
            force = " WITH (FORCE)" if url.get_backend_name() == "postgresql" else ""
            _administer(url, f"DROP DATABASE {name}{force}")


def _administer(url: sa.URL, statement: str) -> None:
    engine = sa.create_engine(url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
