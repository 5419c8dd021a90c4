"""Columns, constraints and indexes of SQLAlchemy's → the form that the rules know."""

from __future__ import annotations

import re
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.exc import CompileError

from migrator.model import operation as o

_KINDS: tuple[tuple[type[sa.Constraint], o.ConstraintKind], ...] = (
    (sa.UniqueConstraint, o.ConstraintKind.UNIQUE),
    (sa.ForeignKeyConstraint, o.ConstraintKind.FOREIGN_KEY),
    (sa.CheckConstraint, o.ConstraintKind.CHECK),
    (sa.PrimaryKeyConstraint, o.ConstraintKind.PRIMARY_KEY),
)


def type_text(type_: Any, dialect: Dialect) -> str:
    """A type as its DDL; its class's name where the dialect can't write it."""
    try:
        text = str(sa.types.to_instance(type_).compile(dialect=dialect))
        # What stands in quotes (the values of an enum) stays as it is.
        return re.sub(r"'(?:[^']|'')*'|[^']+", lambda part: part[0] if part[0][0] == "'" else part[0].upper(), text)
    except (CompileError, AttributeError, NotImplementedError):
        return type(type_).__name__.upper()


def name_text(name: Any) -> str:
    """A constraint's or index's name; empty where the server or a convention chooses it."""
    return str(name) if isinstance(name, str) else ""


def fills_itself(column: sa.Column[Any]) -> bool:
    """Whether the server gives a value by itself; a bare FetchedValue renders nothing."""
    return isinstance(column.server_default, sa.DefaultClause | sa.Computed | sa.Identity)


def column_spec(column: sa.Column[Any], dialect: Dialect) -> o.ColumnSpec:
    """A new column."""
    serial = column.primary_key and column.autoincrement is not False and isinstance(column.type, sa.Integer)
    return o.ColumnSpec(
        name=column.name,
        type=type_text(column.type, dialect),
        nullable=bool(column.nullable),
        fills_itself=fills_itself(column) or serial,
    )


def kind_of(constraint: sa.Constraint) -> o.ConstraintKind:
    """Exclusion constraints are of a dialect's own class."""
    for kind, name in _KINDS:
        if isinstance(constraint, kind):
            return name
    return o.ConstraintKind.EXCLUDE


def constraint(found: sa.Constraint, table: str, schema: str | None) -> o.AddConstraint:
    """A new constraint."""
    references = ""
    if isinstance(found, sa.ForeignKeyConstraint):
        references = found.elements[0].target_fullname.rpartition(".")[0] if found.elements else ""
    return o.AddConstraint(
        table=table,
        schema=schema,
        kind=kind_of(found),
        name=name_text(found.name),
        columns=_columns(found),
        references=references,
        not_valid=any(key.endswith("_not_valid") and value for key, value in found.dialect_kwargs.items()),
    )


def _columns(found: sa.Constraint) -> tuple[str, ...]:
    """Names of the key's columns.  What a check reads can't be told from its text."""
    if isinstance(found, sa.CheckConstraint) or kind_of(found) is o.ConstraintKind.EXCLUDE:
        return ()
    if isinstance(found, sa.ForeignKeyConstraint):
        return tuple(found.column_keys)
    columns = getattr(found, "columns", ())
    return tuple(str(one.name) for one in columns)


def index(found: sa.Index, table: str, schema: str | None, *, unless_exists: bool = False) -> o.CreateIndex:
    """A new index; an expression stands as an empty name."""
    concurrently = any(key.endswith("_concurrently") and value for key, value in found.dialect_kwargs.items())
    return o.CreateIndex(
        table=table,
        schema=schema,
        name=name_text(found.name),
        columns=tuple(one.name if isinstance(one, sa.Column) else "" for one in found.expressions),
        unique=bool(found.unique),
        concurrently=concurrently,
        unless_exists=unless_exists,
    )


def user_checks(column: sa.Column[Any]) -> tuple[sa.CheckConstraint, ...]:
    """The checks that somebody wrote on a column; those that a type brings along (Enum, Boolean) let NULL pass."""
    return tuple(
        one
        for one in column.constraints
        if isinstance(one, sa.CheckConstraint) and not getattr(one, "_type_bound", False)
    )


def created_table(table: sa.Table, dialect: Dialect, *, unless_exists: bool = False) -> o.CreateTable:
    """A new table."""
    return o.CreateTable(
        table=table.name,
        schema=table.schema,
        columns=tuple(column_spec(column, dialect) for column in table.columns),
        unless_exists=unless_exists,
    )
