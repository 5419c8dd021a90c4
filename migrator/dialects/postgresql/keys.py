"""Keys on PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy import BindParameter, ColumnElement, Connection
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

from migrator.dialects.keys import RowComparison

_NAN = Decimal("NaN")


class PostgreSQLKeys(RowComparison):
    """Row comparison; OR-expanded ranges filter half of the table (measured on 14 and 18).

    An interval's months are lost on their way through Python.
    """

    unusable = (sa.Float, sa.Interval)

    def column_of(self, connection: Connection, table: sa.TableClause, column: Mapping[str, Any]) -> ColumnElement[Any]:
        found = column["type"]
        if not isinstance(found, sa.Date | sa.DateTime | sa.Numeric):
            return super().column_of(connection, table, column)
        # With its table: else ORDER BY means the text that is selected under the column's name.
        preparer = connection.dialect.identifier_preparer
        name = f"{preparer.format_table(table)}.{preparer.quote(column['name'])}".replace("%%", "%")
        return sa.literal_column(name, _ThroughText(found))


class _ThroughText(TypeDecorator[Any]):
    """A moment or a number that is read and bound as text, in ISO 8601 whatever DateStyle says.

    Python has no infinite date, none before the year 1 nor after 9999: psycopg2 makes a finite one of some, psycopg 3
    refuses them; such a value stays a text.  Of NaN there is one object, so that it equals itself; psycopg2 binds an
    infinite number as NaN.
    """

    impl = sa.Text
    cache_ok = True

    def __init__(self, real: TypeEngine[Any]) -> None:
        super().__init__()
        self.real = real

    def bind_expression(self, bindparam: BindParameter[Any]) -> ColumnElement[Any]:
        return sa.cast(bindparam, self.real)

    def column_expression(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        if isinstance(self.real, sa.Numeric):
            return sa.type_coerce(sa.cast(column, sa.Text), self)
        return sa.type_coerce(sa.func.to_json(column).op("#>>")(sa.literal_column("'{}'")), self)

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        if isinstance(value, date):
            return value.isoformat()
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if isinstance(self.real, sa.Numeric):
            number = Decimal(value)
            return _NAN if number.is_nan() else number
        with suppress(ValueError):
            return (date if isinstance(self.real, sa.Date) else datetime).fromisoformat(value)
        return value
