"""How many rows are still to do: asked of the database now, never remembered."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from migrator.data.kinds import DataMigration, UpdateMigration
from migrator.errors import ConfigurationError, UserCodeError
from migrator.scripts.usercode import user_code


def remaining(connection: Connection, migration: DataMigration) -> int:
    """Count the rows that the predicate finds.  Reads the whole table where no index helps the predicate.

    Raises:
        ConfigurationError: the data migration declares no predicate.
        UserCodeError: its own function raised, or counted something else than a whole number.
    """
    if isinstance(migration, UpdateMigration):
        statement = sa.select(sa.func.count()).select_from(migration.table).where(migration.where)
        return int(connection.execute(statement).scalar_one())
    if isinstance(migration.remaining, sa.Select):
        inner = migration.remaining.order_by(None).subquery()
        return int(connection.execute(sa.select(sa.func.count()).select_from(inner)).scalar_one())
    return _counted(connection, migration.name, migration.remaining, migration.path)


def any_remaining(connection: Connection, migration: DataMigration) -> bool:
    """Whether the predicate finds any row: as :func:`remaining`, but it stops at the first one."""
    if isinstance(migration, UpdateMigration):
        statement = sa.select(sa.literal(1)).select_from(migration.table).where(migration.where).limit(1)
        return connection.execute(statement).first() is not None
    if isinstance(migration.remaining, sa.Select):
        inner = migration.remaining.order_by(None).subquery()
        return connection.execute(sa.select(sa.literal(1)).select_from(inner).limit(1)).first() is not None
    return remaining(connection, migration) > 0


def _counted(connection: Connection, name: str, count: Any, path: Any) -> int:
    if count is None:
        raise ConfigurationError(
            f"data migration {name!r} declares no `remaining`: nothing can say how many rows are still to do",
            remedy=f"declare remaining=<a select of the rows still to do> for {name!r}",
        )
    with user_code(f"`remaining` of data migration {name}", path):
        rows = count(connection)
    if not isinstance(rows, int) or isinstance(rows, bool) or rows < 0:
        raise UserCodeError(
            f"`remaining` of data migration {name} returned a {type(rows).__name__}, not a number of rows",
            remedy="return how many rows are still to do, 0 when there are none",
            error_class=type(rows).__name__,
        )
    return rows
