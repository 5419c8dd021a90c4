"""A statement as text, with literal values where SQLAlchemy can write them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.exc import SQLAlchemyError

from migrator.dialects.unknown import unknown_in

_MOST = 1000


def literal_statements(element: Any, sql: str, parameters: Any, dialect: Dialect) -> tuple[str, ...]:
    """One statement, or one for each row of an executemany.

    Args:
        element: what was executed, None for plain text.
        sql: the text as it was sent, with placeholders.
        parameters: the compiled parameters, a list of mappings; empty for none.
    """
    rows = list(parameters or ())
    literal = element is not None and any(rows) and isinstance(element, sa.sql.ClauseElement)
    if not literal or unknown_in([list(row.values()) for row in rows[:_MOST]]):
        return (sql.strip(),)
    try:
        return tuple(_literal(element, row, dialect) for row in rows[:_MOST])
    except (SQLAlchemyError, NotImplementedError, TypeError, ValueError, AttributeError):
        return (sql.strip(),)


def _literal(element: Any, row: Mapping[str, Any], dialect: Dialect) -> str:
    if isinstance(element, sa.Insert) and not element.compile(dialect=dialect, column_keys=[]).params:
        element = element.values(dict(_known(element, row)))
    elif not isinstance(element, sa.Insert | sa.Update | sa.Delete):
        element = element.params(dict(row))
    return str(element.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))


def _known(element: sa.Insert, row: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in row.items():
        if key in element.table.c:
            yield key, value
