"""Keys on MySQL and MariaDB."""

from __future__ import annotations

from collections import defaultdict

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection
from sqlalchemy.dialects import mysql

from migrator.dialects.keys import Bound, Key, KeyRules

_STATISTICS = sa.table(
    "STATISTICS",
    *(
        sa.column(name)
        for name in (
            "table_schema",
            "table_name",
            "index_name",
            "non_unique",
            "seq_in_index",
            "column_name",
            "sub_part",
        )
    ),
    schema="information_schema",
)


class MySQLKeys(KeyRules):
    """OR-expanded, with a range of the leading column for UPDATE: a row comparison reads the whole index
    (measured on MySQL 9.7 and MariaDB 10.11).

    ENUM and SET sort by number and compare as text; BIT comes back as bytes.
    """

    unusable = (sa.Float, mysql.ENUM, mysql.SET, mysql.BIT)

    def indexed_in_part(self, connection: Connection, table: sa.TableClause) -> frozenset[tuple[str, ...]]:
        """``UNIQUE (name(10))``, and the primary key of a TEXT, which can't be without a length."""
        schema = sa.func.coalesce(sa.literal(table.schema, sa.String()), sa.func.database())
        columns = _STATISTICS.c
        wanted = sa.select(columns.index_name, columns.column_name, columns.sub_part).where(
            columns.table_schema == schema, columns.table_name == table.name, columns.non_unique == 0
        )
        names: defaultdict[str, list[str]] = defaultdict(list)
        cut: set[str] = set()
        for index, name, length in connection.execute(wanted.order_by(columns.index_name, columns.seq_in_index)):
            names[index].append(name or "")
            cut |= {index} if length is not None else set()
        whole = {tuple(one) for index, one in names.items() if index not in cut}
        return frozenset(tuple(names[index]) for index in cut) - whole

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
