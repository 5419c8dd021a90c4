"""Expressions of models and revisions as the dialect's own DDL would write them."""

from __future__ import annotations

import re
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.exc import SQLAlchemyError


class DDLText:
    """Writes for one dialect; what it can't write becomes the element's plain text."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._compiler: Any = dialect.ddl_compiler(dialect, None)  # type: ignore[arg-type]  # compiles no statement

    @property
    def dialect(self) -> Dialect:
        return self._dialect

    def name(self, item: Any) -> str | None:
        """A constraint's or index's name, shortened as SQLAlchemy shortens one that is too long; None for none."""
        if not isinstance(item.name, str):
            return None
        if len(item.name) <= self._dialect.max_identifier_length:
            return str(item.name)
        preparer: Any = self._dialect.identifier_preparer
        formatted = preparer.format_index(item) if isinstance(item, sa.Index) else preparer.format_constraint(item)
        return str(preparer.unformat_identifiers(formatted)[0])

    def expression(self, element: Any) -> str:
        """A condition or the element of an index, with literals in place of parameters and columns without tables."""
        if isinstance(element, str):
            return element
        try:
            return str(self._compiler.sql_compiler.process(element, include_table=False, literal_binds=True))
        except (SQLAlchemyError, NotImplementedError, AttributeError, TypeError):
            return str(element)

    def constraint(self, element: Any) -> str:
        """A constraint of a dialect's own, without its name; empty where this dialect has none such."""
        try:
            return re.sub(r"\A\s*CONSTRAINT\s+(?:\"[^\"]*\"|\S+)\s+", "", str(self._compiler.process(element)))
        except (SQLAlchemyError, NotImplementedError, AttributeError, TypeError):
            return ""

    def default(self, default: Any) -> str | None:
        """A server default; None for none, and for one that renders nothing."""
        if isinstance(default, sa.Computed | sa.Identity):
            return None
        argument = default.arg if isinstance(default, sa.DefaultClause) else default
        if argument is None or argument is False or isinstance(argument, sa.FetchedValue):
            return None
        if isinstance(argument, str):
            return "'" + argument.replace("'", "''") + "'"
        return self.expression(argument)

    def is_made(self, constraint: sa.Constraint) -> bool:
        """Whether the dialect makes it: the check of a Boolean or an Enum only where there is no such type."""
        rule = getattr(constraint, "_create_rule", None)
        return rule is None or bool(rule(self._compiler))

    def is_self_numbering(self, column: sa.Column[Any]) -> bool:
        """Whether the server numbers its rows by itself (SERIAL, AUTO_INCREMENT)."""
        table = getattr(column, "table", None)
        if not isinstance(table, sa.Table) or table.autoincrement_column is not column:
            return False
        by_sequence = isinstance(column.default, sa.Sequence) and not column.default.optional
        by_sequence = by_sequence and self._dialect.supports_sequences
        has_identity = column.identity is not None and self._dialect.supports_identity_columns
        return not (by_sequence or has_identity) and column.computed is None
