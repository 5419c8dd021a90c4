"""Constraints, from SQLAlchemy's constraint objects."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic.operations import ops
from sqlalchemy.exc import NoReferenceError

from migrator.changeset.columns import altering
from migrator.changeset.following import follows
from migrator.errors import ConfigurationError

_KINDS: tuple[tuple[type[sa.Constraint], str], ...] = (
    (sa.UniqueConstraint, "unique"),
    (sa.ForeignKeyConstraint, "foreignkey"),
    (sa.PrimaryKeyConstraint, "primary"),
    (sa.CheckConstraint, "check"),
)


def create_constraint(constraint: sa.Constraint, table: sa.Table | None = None, *, alter_metadata: bool = True) -> None:
    """Add a primary key, unique constraint, foreign key or check, in the server's online form.

    SQLite builds the table again, and wants a name for the constraint.

    Args:
        table: may be left out where the constraint is in a table.
        alter_metadata: append the constraint to the object.

    Raises:
        ConfigurationError: no table; an object that outlives this run of ``upgrade()``.
    """
    home = _table(constraint, table)
    if follows(home, alter_metadata):
        if _home(constraint) is None:
            home.append_constraint(constraint)
    elif _home(constraint) is None:
        # Alembic asks the constraint for its table; a copy keeps the user's object as it is.
        home = home.to_metadata(sa.MetaData(naming_convention=home.metadata.naming_convention))
        constraint = constraint.copy() if hasattr(constraint, "copy") else constraint
        home.append_constraint(constraint)
    altering(home, _adding(constraint, home))


def drop_constraint(constraint: sa.Constraint, table: sa.Table | None = None, *, alter_metadata: bool = True) -> None:
    """Drop a constraint by its name; SQLite builds the table again.

    Args:
        table: may be left out where the constraint is in a table.
        alter_metadata: take the constraint out of the object.

    Raises:
        ConfigurationError: the constraint has no name, or no table; an object that outlives this run of ``upgrade()``.
    """
    home = _table(constraint, table)
    kind = next((word for class_, word in _KINDS if isinstance(constraint, class_)), None)
    if not isinstance(constraint.name, str):
        raise ConfigurationError(
            f"a {kind or 'constraint'} of the Table object {home.name!r} has no name, and is dropped by its name",
            remedy="name it as the database does: name=... on the constraint, or a naming_convention on the MetaData",
            table=home.name,
        )
    followed = follows(home, alter_metadata)
    altering(home, ops.DropConstraintOp(str(constraint.name), home.name, kind, schema=home.schema))
    if followed:
        _forget(home, constraint)


def _adding(constraint: sa.Constraint, table: sa.Table) -> ops.MigrateOperation:
    try:
        return ops.AddConstraintOp.from_constraint(constraint)
    except NoReferenceError:
        # A foreign key to a table that the MetaData doesn't have: its text says all that is needed.
        assert isinstance(constraint, sa.ForeignKeyConstraint)
        return _foreign_key(constraint, table)


def _foreign_key(constraint: sa.ForeignKeyConstraint, table: sa.Table) -> ops.CreateForeignKeyOp:
    targets = [element.target_fullname.split(".") for element in constraint.elements]
    rules = ("onupdate", "ondelete", "deferrable", "initially", "match")
    options: dict[str, Any] = {rule: getattr(constraint, rule) for rule in rules if getattr(constraint, rule)}
    return ops.CreateForeignKeyOp(
        str(constraint.name) if isinstance(constraint.name, str) else None,
        table.name,
        targets[0][-2],
        list(constraint.column_keys),
        [target[-1] for target in targets],
        source_schema=table.schema,
        referent_schema=".".join(targets[0][:-2]) or None,
        **options,
        **constraint.dialect_kwargs,
    )


def _table(constraint: sa.Constraint, table: sa.Table | None) -> sa.Table:
    home = table if table is not None else _home(constraint)
    if home is None:
        raise ConfigurationError(
            f"the constraint {constraint.name!r} is in no table", remedy="pass the Table that it is for"
        )
    return home


def _home(constraint: sa.Constraint) -> sa.Table | None:
    """SQLAlchemy raises for a constraint that was never put into a table."""
    home = getattr(constraint, "parent", None)
    return home if isinstance(home, sa.Table) else None


def _forget(table: sa.Table, constraint: sa.Constraint) -> None:
    table.constraints.discard(constraint)
    if isinstance(constraint, sa.ForeignKeyConstraint):
        for element in constraint.elements:
            table.foreign_keys.discard(element)
            if element.parent is not None:
                element.parent.foreign_keys.discard(element)
