"""Keep a ``Table`` object in step with what was done to its table, where that is safe.

A revision's ``upgrade()`` runs more than once in a process: ``check`` and the look before ``expand`` record it, a lock
that was not obtained makes it run again.  An object that outlives the run would be another one the second time, and so
would the statements; it is refused.
"""

from __future__ import annotations

import sys
import weakref
from collections.abc import Iterator, Mapping
from types import FrameType
from typing import Any

import sqlalchemy as sa
from alembic import op

from migrator.errors import ConfigurationError

_MARK = "migrator.changeset.run"


def follows(table: sa.Table, alter_metadata: bool) -> bool:
    """Whether to change the object; asked before the first statement is sent.

    Raises:
        ConfigurationError: the table, or its MetaData, outlives this run of ``upgrade()``.
    """
    context = op.get_context()
    changed = table.metadata.info.get(_MARK)
    if changed is not None and changed() is not context:
        raise _outlives(table, "an earlier run of this revision has changed it")
    if not alter_metadata:
        return False
    if any(one is table or one is table.metadata for values in _globals() for one in values.values()):
        raise _outlives(table, "a module holds it")
    if table.metadata is context.opts.get("target_metadata"):
        raise _outlives(table, "it is a model's of the application")
    table.metadata.info[_MARK] = weakref.ref(context)
    return True


def _outlives(table: sa.Table, why: str) -> ConfigurationError:
    return ConfigurationError(
        f"the Table object {table.name!r} outlives this run of upgrade() ({why}); upgrade() runs several times (check,"
        " before expand, after a lock that was not obtained) and would meet another table the second time",
        remedy=(
            f"build it inside upgrade(), with a MetaData of its own: {table.name} = sa.Table({table.name!r},"
            " sa.MetaData(), ...); or pass alter_metadata=False, which leaves the object as it is"
        ),
        table=table.name,
    )


def _globals() -> Iterator[Mapping[str, Any]]:
    """The global names of the modules that called us: the revision, and helpers of the user's own."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        room = str(frame.f_globals.get("__name__", "")).split(".")
        if room[0] == "alembic" or (room[0] == "migrator" and room[1:2] != ["changeset"]):
            return
        if room[0] != "migrator":
            yield frame.f_globals
        frame = frame.f_back


# -- columns -----------------------------------------------------------------------------------------------------------


def forget_column(table: sa.Table, column: sa.Column[Any]) -> None:
    """Take the column out of the object, with the indexes and constraints that hold it."""
    for index in [one for one in table.indexes if column.name in one.columns]:
        table.indexes.discard(index)
    for constraint in [one for one in table.constraints if _holds(one, column)]:
        table.constraints.discard(constraint)
        if isinstance(constraint, sa.PrimaryKeyConstraint):
            left = [one for one in constraint.columns if one is not column]
            column.primary_key = False
            name = constraint.name if isinstance(constraint.name, str) else None
            table.append_constraint(sa.PrimaryKeyConstraint(*left, name=name))
    for key in column.foreign_keys:
        table.foreign_keys.discard(key)
    table._columns.remove(column)


def _holds(constraint: sa.Constraint, column: sa.Column[Any]) -> bool:
    return column.name in getattr(constraint, "columns", ())


def rename_in(table: sa.Table, column: sa.Column[Any], name: str) -> None:
    """Give the column its new name in the object, its indexes and its keys; the text of checks stays."""
    constraints = [one for one in table.constraints if _holds(one, column)]
    indexes = [one for one in table.indexes if column.name in one.columns]
    # SQLAlchemy finds columns by the keys that they had when they came, and has no public way to rename one.
    holders: tuple[Any, ...] = (table, *constraints, *indexes)
    columns = [(holder._columns, list(holder._columns)) for holder in holders]
    for collection, members in columns:
        for one in members:
            collection.remove(one)
    column.name = column.key = name
    column._reset_memoizations()
    for collection, members in columns:
        for one in members:
            collection.add(one)


# -- tables ------------------------------------------------------------------------------------------------------------


def rename_table_object(table: sa.Table, name: str) -> None:
    """Give the object its new name, and its place in its MetaData."""
    metadata = table.metadata
    metadata.remove(table)
    table.name = name
    table.fullname = f"{table.schema}.{name}" if table.schema else name
    metadata._add_table(name, table.schema, table)
