"""Fences: the server itself refuses new rows of the old shape while contract asks its last question."""

from __future__ import annotations

import hashlib
import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.exc import CompileError
from sqlalchemy.sql import visitors

PREFIX = "migrator_fence_"
_LONGEST = 56  # leaves room for a suffix below PostgreSQL's 63 bytes and MySQL's 64 characters


class FenceRules(ABC):
    """How a fence is raised and taken down.

    Statements are complete text: send them with ``execution_options={"no_parameters": True}``, so that a ``%`` in them
    stays one.
    """

    in_transaction: bool
    """True where the write transaction that asks the predicate and drops keeps everybody out, so that there is
    nothing to raise (SQLite)."""

    def name(self, migration_name: str, table: sa.TableClause) -> str:
        """The fence's name in the catalogue; hashed where the plain one wouldn't fit or would need quotes."""
        plain = f"{PREFIX}{migration_name}"
        word = re.sub(r"[^a-z0-9_]", "_", plain.lower())
        if word == plain and len(plain) <= _LONGEST:
            return plain
        digest = hashlib.sha256(plain.encode()).hexdigest()[:8]
        return f"{word[: _LONGEST - 9]}_{digest}"

    @abstractmethod
    def raise_statements(self, table: sa.TableClause, refuse: ColumnElement[bool], name: str) -> tuple[str, ...] | None:
        """The statements that refuse rows for which ``refuse`` is true; safe to send again after a part of them.

        Returns:
            None where ``refuse`` can't be asked of a single new row (a subquery, another table, SQL as text).
        """

    @abstractmethod
    def lower_statements(self, table: sa.TableClause, name: str) -> tuple[str, ...]:
        """The statements that take the fence down; they do no harm where it, or a part of it, isn't up."""

    @abstractmethod
    def is_up(self, connection: Connection, table: sa.TableClause, name: str) -> bool:
        """Whether the whole fence stands."""

    @abstractmethod
    def is_partly_up(self, connection: Connection, table: sa.TableClause, name: str) -> bool:
        """Whether anything of the fence stands, and has to be taken down."""


def of_one_row(
    refuse: ColumnElement[bool], table: sa.TableClause, column: Callable[[sa.ColumnClause[Any]], ColumnElement[Any]]
) -> ColumnElement[bool] | None:
    """``refuse`` with each of the table's columns replaced by ``column(it)``; None where it asks for more than one row
    of this table."""
    for element in visitors.iterate(refuse):
        if isinstance(element, sa.SelectBase | sa.TextClause):
            return None
        if isinstance(element, sa.ColumnClause):
            owner = element.table
            if element.is_literal or (owner is not None and not _same(owner, table)):
                return None

    def replace(element: Any, **_: Any) -> ColumnElement[Any] | None:
        return column(element) if isinstance(element, sa.ColumnClause) else None

    return visitors.replacement_traverse(refuse, {}, replace)


def as_text(condition: ColumnElement[bool], dialect: Dialect) -> str | None:
    """The condition with its values as literals; None where a value has no literal form."""
    try:
        return str(condition.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
    except CompileError:
        return None


def _same(owner: Any, table: sa.TableClause) -> bool:
    return owner is table or (
        getattr(owner, "name", None) == table.name and getattr(owner, "schema", None) == table.schema
    )
