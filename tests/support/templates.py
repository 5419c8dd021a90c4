"""The files of an Alembic project as ``alembic init`` writes them, with the guard's two lines."""

from __future__ import annotations

INI = """\
[alembic]
{locations}sqlalchemy.url = {url}

[loggers]
keys = root,sqlalchemy,alembic

[handlers]
keys = console

[formatters]
keys = generic

[logger_root]
level = WARNING
handlers = console
qualname =

[logger_sqlalchemy]
level = WARNING
handlers =
qualname = sqlalchemy.engine

[logger_alembic]
level = INFO
handlers =
qualname = alembic

[handler_console]
class = StreamHandler
args = (sys.stderr,)
level = NOTSET
formatter = generic

[formatter_generic]
format = %(levelname)-5.5s [%(name)s] %(message)s
datefmt = %H:%M:%S
"""

INI_LOCATIONS = """\
script_location = migrations
version_locations = {folders}
path_separator = os
prepend_sys_path = .
"""

PYPROJECT = """\
[tool.alembic]
script_location = "%(here)s/migrations"
version_locations = [{folders}]
prepend_sys_path = ["."]
"""

ENV_HEAD = """\
from logging.config import fileConfig

from alembic import context
from sqlalchemy import {pool_import}

import migrator

config = context.config
if config.config_file_name is not None:
    fileConfig(config.config_file_name)
target_metadata = None


def run_migrations_offline() -> None:
    context.configure(
        url=config.get_main_option("sqlalchemy.url"),
        target_metadata=target_metadata,
        literal_binds=True,
        dialect_opts={{"paramstyle": "named"}},
    )
    migrator.guard(context)
    with context.begin_transaction():
        context.run_migrations()

"""

ENV_TAIL = """

if context.is_offline_mode():
    run_migrations_offline()
else:
    run_migrations_online()
"""

SYNC = (
    ENV_HEAD.format(pool_import="engine_from_config, pool")
    + """
def run_migrations_online() -> None:
    connectable = engine_from_config(
        config.get_section(config.config_ini_section, {}), prefix="sqlalchemy.", poolclass=pool.NullPool
    )
    with connectable.connect() as connection:
        context.configure(connection=connection, target_metadata=target_metadata)
        migrator.guard(context)
        with context.begin_transaction():
            context.run_migrations()
"""
    + ENV_TAIL
)

ASYNC = (
    "import asyncio\n"
    + ENV_HEAD.format(pool_import="pool\nfrom sqlalchemy.ext.asyncio import async_engine_from_config")
    + """
def do_run_migrations(connection) -> None:
    context.configure(connection=connection, target_metadata=target_metadata)
    migrator.guard(context)
    with context.begin_transaction():
        context.run_migrations()


async def run_async_migrations() -> None:
    connectable = async_engine_from_config(
        config.get_section(config.config_ini_section, {}), prefix="sqlalchemy.", poolclass=pool.NullPool
    )
    async with connectable.connect() as connection:
        await connection.run_sync(do_run_migrations)
    await connectable.dispose()


def run_migrations_online() -> None:
    asyncio.run(run_async_migrations())
"""
    + ENV_TAIL
)

SCRIPT_MAKO = '''\
"""${message}"""
from alembic import op
import sqlalchemy as sa
${imports if imports else ""}

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    ${downgrades if downgrades else "pass"}
'''
