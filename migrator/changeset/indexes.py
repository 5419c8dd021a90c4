"""Indexes, from ``Index`` objects."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from alembic.operations import ops
from sqlalchemy.sql import quoted_name

from migrator.changeset.following import follows
from migrator.dialects import part_named
from migrator.errors import ConfigurationError


def create_index(index: sa.Index) -> None:
    """Create the index, in the server's online form where it stands on a table that was there before.

    Raises:
        ConfigurationError: the index is on no table.
    """
    _table(index)
    op.invoke(ops.CreateIndexOp.from_index(index))


def drop_index(index: sa.Index, *, alter_metadata: bool = True) -> None:
    """Drop the index, in the server's online form.

    Args:
        alter_metadata: take it out of the ``Table`` object.

    Raises:
        ConfigurationError: the index is on no table; the object outlives this run of ``upgrade()``.
    """
    table = _table(index)
    followed = follows(table, alter_metadata)
    op.invoke(ops.DropIndexOp.from_index(index))
    if followed:
        table.indexes.discard(index)


def rename_index(index: sa.Index, name: str, *, alter_metadata: bool = True) -> None:
    """Give the index another name; SQLite can't, and builds it again.

    On SQLite the check finds that an index is dropped; where running code may do without it for the length of the
    transaction, which no other connection sees, allow ``drop-index-old-queries`` around the call.

    Locks: PostgreSQL takes SHARE UPDATE EXCLUSIVE on the index, which stops neither reads nor writes (since 12); MySQL
    and MariaDB an exclusive metadata lock for a moment; SQLite its write lock.

    Args:
        name: the new name, without a schema.
        alter_metadata: rename the object too.

    Raises:
        ConfigurationError: the index is on no table; the object outlives this run of ``upgrade()``.
    """
    table = _table(index)
    followed = follows(table, alter_metadata)
    dialect = op.get_context().dialect
    for statement in part_named(dialect.name, "renaming").rename_index(index, name):
        op.execute(statement)
    if followed:
        index.name = quoted_name(name, quote=None)


def _table(index: sa.Index) -> sa.Table:
    if index.table is None:
        raise ConfigurationError(
            f"the Index object {index.name!r} is on no table",
            remedy='make it of columns of a Table: sa.Index("name", table.c.column)',
        )
    return index.table
