"""Columns, from ``Column`` and ``Table`` objects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import sqlalchemy as sa
from alembic import op
from alembic.operations import ops

from migrator.changeset.following import follows, forget_column, rename_in
from migrator.errors import ConfigurationError

_UNCHANGED: Final[Any] = False
"""Alembic's own word for "leave it"; None takes a default or a comment away."""
_NOT_GIVEN = {
    "modify_name": None,
    "modify_type": None,
    "modify_nullable": None,
    "modify_server_default": _UNCHANGED,
    "modify_comment": _UNCHANGED,
}


def create_column(
    column: sa.Column[Any],
    table: sa.Table | None = None,
    *,
    populate_default: bool = False,
    alter_metadata: bool = True,
) -> None:
    """Add the column, with the index, unique constraint and foreign keys that it declares.

    Args:
        table: may be left out where the column is in a table.
        populate_default: rows that are there get the column's default.  The server gives them a ``server_default``
            while it adds the column; a ``default`` of Python's would have to be written row by row, which is a data
            migration's work, and is refused.
        alter_metadata: append the column to the object.

    Raises:
        ConfigurationError: ``populate_default`` without a ``server_default``; no table; an object that outlives this
            run of ``upgrade()``.
    """
    home, column = _located(column, table)
    if populate_default:
        _refuse_unfilled(home, column)
    followed = follows(home, alter_metadata)
    if followed and column.table is not home:
        home.append_column(column, replace_existing=True)
    operation = ops.AddColumnOp(home.name, column, schema=home.schema)
    if column.unique or column.foreign_keys or column.constraints:
        altering(home, operation)
    else:
        op.invoke(operation)


def drop_column(column: sa.Column[Any] | str, table: sa.Table | None = None, *, alter_metadata: bool = True) -> None:
    """Drop the column; a contract's work, which the check refuses in expand.

    Constraints that hold the column are dropped first, by :func:`~migrator.changeset.drop_constraint`, where the
    server doesn't take them along (MySQL, MariaDB, SQLite).

    Args:
        column: the object, or its name with ``table``.
        alter_metadata: take the column out of the object, with its indexes and constraints.

    Raises:
        ConfigurationError: no such column or no table; an object that outlives this run of ``upgrade()``.
    """
    home, found = _located(column, table)
    followed = follows(home, alter_metadata)
    op.drop_column(home.name, found.name, schema=home.schema)
    own = _own(home, found) if followed else None
    if own is not None:
        forget_column(home, own)


def rename_column(
    column: sa.Column[Any] | str, name: str, table: sa.Table | None = None, *, alter_metadata: bool = True
) -> None:
    """Give the column another name; running code that knows the old one breaks, so the check refuses it in expand.

    The way without a break: add the new column, fill it by a data migration, drop the old one in contract.

    Args and Raises: as :func:`alter_column`.
    """
    alter_column(column, table, name=name, alter_metadata=alter_metadata)


def alter_column(
    column: sa.Column[Any] | str,
    table: sa.Table | None = None,
    *,
    name: str | None = None,
    type: Any = None,
    nullable: bool | None = None,
    server_default: Any = _UNCHANGED,
    comment: str | None = _UNCHANGED,
    alter_metadata: bool = True,
    **options: Any,
) -> None:
    """Change name, type, nullability, default or comment of a column; what isn't given stays.

    The object must say what the column is now, for MySQL and MariaDB restate it as a whole: what the object doesn't
    know of (NOT NULL, a default, a comment) would be lost.

    Args:
        column: the object, or its name with ``table``.
        name: a new name.
        type: a new type.
        nullable: whether NULL is allowed.
        server_default: a new default of the server's; None takes it away.
        comment: a new comment; None takes it away.
        alter_metadata: change the object too.
        options: Alembic's own, for one database each (``postgresql_using`` ...).

    Raises:
        ConfigurationError: nothing to change; no such column or no table; an object that outlives this run of
            ``upgrade()``.
    """
    home, found = _located(column, table)
    changes: dict[str, Any] = {
        "modify_name": name if name != found.name else None,
        "modify_type": None if type is None else sa.types.to_instance(type),
        "modify_nullable": nullable,
        "modify_server_default": server_default,
        "modify_comment": comment,
    }
    given = _given(changes, f"{home.name}.{found.name}")
    followed = follows(home, alter_metadata)
    operation = _alteration(home, found, {**changes, **options})
    if given == {"modify_name"}:
        op.invoke(operation)
    else:
        altering(home, operation)
    own = _own(home, found) if followed else None
    if own is not None:
        _alter_object(home, own, changes)


def _given(changes: Mapping[str, Any], column: str) -> set[str]:
    """The changes that are any."""
    given = {key for key, value in changes.items() if value is not _NOT_GIVEN[key]}
    if not given:
        raise ConfigurationError(
            f"alter_column of {column} changes nothing",
            remedy="give it a name, type, nullable, server_default or comment, or take the call away",
        )
    return given


def _alteration(table: sa.Table, column: sa.Column[Any], changes: Mapping[str, Any]) -> ops.AlterColumnOp:
    return ops.AlterColumnOp(
        table.name,
        column.name,
        schema=table.schema,
        existing_type=column.type,
        existing_nullable=column.nullable,
        # "Not known" rather than "none": the check then looks into the history whether one would be lost.
        existing_server_default=_UNCHANGED if column.server_default is None else column.server_default,
        existing_comment=column.comment,
        **changes,
    )


def altering(table: sa.Table, operation: ops.MigrateOperation) -> None:
    """Invoke an operation that SQLite can do by a rebuild of the table only; elsewhere it is sent as it is."""
    with op.batch_alter_table(table.name, schema=table.schema) as batch:
        batch.invoke(operation)


def _located(column: sa.Column[Any] | str, table: sa.Table | None) -> tuple[sa.Table, sa.Column[Any]]:
    """The column and its table.

    Raises:
        ConfigurationError: it has no table, or the table doesn't have it.
    """
    label = column if isinstance(column, str) else column.name
    found = table.c.get(column) if table is not None and isinstance(column, str) else column
    home = table if table is not None or isinstance(column, str) else column.table
    if isinstance(found, sa.Column) and isinstance(home, sa.Table):
        return home, found
    where = (
        f"the Table object {table.name!r} has no column {label!r}" if table is not None else f"{label!r} is in no table"
    )
    raise ConfigurationError(where, remedy="pass the Table that has it, or a Column of it")


def _own(table: sa.Table, column: sa.Column[Any]) -> sa.Column[Any] | None:
    """The table's own object for the column; the caller's may be of another."""
    return next((one for one in table.columns if one.name == column.name), None)


def _refuse_unfilled(table: sa.Table, column: sa.Column[Any]) -> None:
    if isinstance(column.server_default, sa.DefaultClause | sa.Computed | sa.Identity):
        return
    why = "has no default" if column.default is None else "has a default that only Python knows"
    raise ConfigurationError(
        f"populate_default: the column {table.name}.{column.name} {why}; a schema change writes no rows, for it would"
        " hold its locks for as long as they take",
        remedy=(
            "give the column server_default=..., which the server fills in, or leave populate_default out and write a"
            f" data migration: migrator.UpdateMigration(name={f'fill_{table.name}_{column.name}'!r}, table=...,"
            f" set={{{column.name!r}: ...}}, where=...)"
        ),
        table=table.name,
        column=column.name,
    )


def _alter_object(table: sa.Table, column: sa.Column[Any], changes: Mapping[str, Any]) -> None:
    default, comment = changes["modify_server_default"], changes["modify_comment"]
    if changes["modify_type"] is not None:
        column.type = changes["modify_type"]
    if changes["modify_nullable"] is not None:
        column.nullable = changes["modify_nullable"]
    if comment is not _UNCHANGED:
        column.comment = comment
    if default is not _UNCHANGED:
        known = default is None or isinstance(default, sa.FetchedValue)
        column.server_default = default if known else sa.DefaultClause(default)
    if changes["modify_name"] is not None:
        rename_in(table, column, changes["modify_name"])
