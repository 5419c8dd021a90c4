"""Whether an UPDATE leaves its own predicate nothing to find, by its text and what the catalogue says: a pure function.

Where that is proven, nobody need ask after each batch which of its rows stay to do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import ColumnElement
from sqlalchemy.sql import ClauseElement, elements, functions, operators
from sqlalchemy.types import TypeDecorator, TypeEngine, UserDefinedType

from migrator.dialects.writing import PlainColumn

_VALUES = (str, bytes, int, float, Decimal, date, time, timedelta, UUID)


def leaves_nothing(
    table: sa.TableClause, where: ColumnElement[bool], values: Mapping[str, Any], columns: Mapping[str, PlainColumn]
) -> bool:
    """Whether ``where`` is false for each row that ``UPDATE table SET values WHERE where`` has changed.

    True only where one of its conditions that are joined by AND is ``a IS DISTINCT FROM b`` and a is set to b, or
    ``a IS NULL`` and a is set to what can't be NULL.

    Args:
        values: column name → what it is set to.
        columns: the table's columns that hold what they are set to.
    """
    return any(
        _copied(table, one, values, columns) or _filled(table, one, values, columns) for one in _conditions(where)
    )


def _conditions(where: Any) -> Iterator[Any]:
    if isinstance(where, elements.Grouping):
        yield from _conditions(where.element)
    elif isinstance(where, elements.BooleanClauseList) and where.operator is operators.and_:
        for one in where.clauses:
            yield from _conditions(one)
    else:
        yield where


def _copied(
    table: sa.TableClause, condition: Any, values: Mapping[str, Any], columns: Mapping[str, PlainColumn]
) -> bool:
    if not isinstance(condition, elements.BinaryExpression) or condition.operator is not operators.is_distinct_from:
        return False
    left, right = _name(table, condition.left), _name(table, condition.right)
    for target, source in ((left, right), (right, left)):
        if target in values and source not in values and _name(table, values[target]) == source:
            return target in columns and source in columns and columns[target].kind == columns[source].kind
    return False


def _filled(
    table: sa.TableClause, condition: Any, values: Mapping[str, Any], columns: Mapping[str, PlainColumn]
) -> bool:
    if not isinstance(condition, elements.BinaryExpression) or condition.operator is not operators.is_:
        return False
    name = _name(table, condition.left)
    # A date of zeros in a column that is NOT NULL is found by IS NULL (MySQL's manual, "IS NULL").
    known = isinstance(condition.right, elements.Null) and name in columns and columns[name].nullable
    return known and name in values and _never_null(table, values[name], table.c[name].type, columns)


def _never_null(table: sa.TableClause, value: Any, type_: TypeEngine[Any], columns: Mapping[str, PlainColumn]) -> bool:
    if isinstance(value, elements.BindParameter):
        return value.callable is None and _never_null(table, value.value, value.type, columns)
    if isinstance(value, functions.coalesce):
        return any(_never_null(table, one, one.type, columns) for one in value.clauses)
    if isinstance(value, elements.True_ | elements.False_):
        return True
    if not isinstance(value, ClauseElement):
        # What a type of the user's own makes of a value, only it knows.
        return isinstance(value, _VALUES) and not isinstance(type_, TypeDecorator | UserDefinedType)
    name = _name(table, value)
    return name in columns and not columns[name].nullable


def _name(table: sa.TableClause, value: Any) -> str:
    """The name of the column of this table that a value is; empty for any other."""
    return value.name if isinstance(value, sa.ColumnClause) and value.table is table and not value.is_literal else ""
