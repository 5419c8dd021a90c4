"""What the server of ``tests.support.forked`` imports once, for every process that it forks."""

from __future__ import annotations

import gc
import importlib
import pkgutil
from contextlib import suppress

import migrator

LIBRARIES = (
    "aiosqlite",
    "alembic.autogenerate",
    "alembic.config",
    "asyncpg",
    "logging.config",
    "postgast",
    "psycopg",
    "psycopg2",
    "pymysql",
    "rich.console",
    "rich.table",
    "sqlalchemy.dialects.mysql.pymysql",
    "sqlalchemy.dialects.postgresql.psycopg",
    "sqlalchemy.dialects.postgresql.psycopg2",
    "sqlalchemy.dialects.sqlite.pysqlite",
    "sqlalchemy.ext.asyncio",
    "sqlglot.dialects.mysql",
    "sqlglot.dialects.postgres",
    "sqlglot.dialects.sqlite",
)


def our_modules() -> list[str]:
    """All of the package but ``__main__``, which runs when it is imported."""
    found = pkgutil.walk_packages(migrator.__path__, f"{migrator.__name__}.")
    return [module.name for module in found if not module.name.endswith("__main__")]


for name in (*LIBRARIES, *our_modules()):
    with suppress(ImportError):
        importlib.import_module(name)
# A collection in a forked process would write to every page that it shares with the others.
gc.freeze()
