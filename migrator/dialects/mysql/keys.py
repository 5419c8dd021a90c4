"""Keys on MySQL and MariaDB."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import ColumnElement
from sqlalchemy.dialects import mysql

from migrator.dialects.keys import Bound, Key, KeyRules


class MySQLKeys(KeyRules):
    """OR-expanded, with a range of the leading column for UPDATE: a row comparison reads the whole index
    (measured on MySQL 9.7 and MariaDB 10.11).

    ENUM and SET sort by number and compare as text; BIT comes back as bytes.
    """

    unusable = (sa.Float, mysql.ENUM, mysql.SET, mysql.BIT)

    def after(self, key: Key, bound: Bound) -> ColumnElement[bool]:
        return _behind(key.columns, key.parameters(bound))

    def within(self, key: Key, low: Bound | None, high: Bound) -> ColumnElement[bool]:
        values = key.parameters(high)
        conditions = [key.columns[0] <= values[0]]
        if len(key.columns) > 1:
            conditions.append(sa.not_(_behind(key.columns, values)))
        if low is not None:
            values = key.parameters(low)
            conditions.append(_behind(key.columns, values))
            if len(key.columns) > 1:
                conditions.append(key.columns[0] >= values[0])
        return sa.and_(*conditions)


def _behind(
    columns: tuple[ColumnElement[object], ...], values: tuple[ColumnElement[object], ...]
) -> ColumnElement[bool]:
    """``a > :a OR (a = :a AND (b > :b OR ...))``."""
    greater: ColumnElement[bool] = columns[0] > values[0]
    if len(columns) == 1:
        return greater
    return sa.or_(greater, sa.and_(columns[0] == values[0], _behind(columns[1:], values[1:])))
