"""Tables, from ``Table`` objects."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from alembic.operations import ops

from migrator.changeset.following import follows, rename_table_object


def create_table(table: sa.Table) -> None:
    """Create the table with its columns, constraints and indexes.

    Locks: the tables that its foreign keys refer to (PostgreSQL: SHARE ROW EXCLUSIVE; MySQL and MariaDB: an exclusive
    metadata lock), for a moment.
    """
    op.invoke(ops.CreateTableOp.from_table(table))
    for index in sorted(table.indexes, key=lambda one: str(one.name)):
        op.invoke(ops.CreateIndexOp.from_index(index))


def drop_table(table: sa.Table, *, alter_metadata: bool = True) -> None:
    """Drop the table; a contract's work, which the check refuses in expand.

    Args:
        alter_metadata: take the object out of its MetaData.

    Raises:
        ConfigurationError: the object outlives this run of ``upgrade()``.
    """
    followed = follows(table, alter_metadata)
    op.drop_table(table.name, schema=table.schema)
    if followed:
        table.metadata.remove(table)


def rename_table(table: sa.Table, name: str, *, alter_metadata: bool = True) -> None:
    """Give the table another name in its schema; running code that knows the old one breaks, so the check refuses it.

    Args:
        name: the new name, without a schema.
        alter_metadata: give the object its new name.

    Raises:
        ConfigurationError: the object outlives this run of ``upgrade()``.
    """
    followed = follows(table, alter_metadata)
    op.rename_table(table.name, name, schema=table.schema)
    if followed:
        rename_table_object(table, name)
