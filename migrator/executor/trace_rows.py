"""A few made-up rows for the tables of a scratch database, so that code that loops over rows has some."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.engine.interfaces import ReflectedColumn
from sqlalchemy.engine.reflection import Inspector
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.types import TypeEngine

TRACE_ROWS = 3
_DAY = date(2026, 1, 1)


@dataclass(kw_only=True)
class Rows:
    """Fills each table of the default schema once, when it is first seen; ``count`` rows at most, 0 for none.

    The n-th row holds n in numbers and texts, and what corresponds in other types, so that rows of tables that refer to
    each other fit.  A table whose rows the server refuses (a check, a type of its own) stays empty.
    """

    count: int = 0
    _seen: set[str] = field(default_factory=set)

    def fill(self, connection: Connection) -> None:
        """Give the new tables their rows, and commit."""
        if not self.count:
            return
        inspector = sa.inspect(connection)
        for table in _parents_first(inspector):
            if table not in self._seen:
                self._seen.add(table)
                _fill(connection, inspector, table, self.count)
        connection.commit()


def _parents_first(inspector: Inspector) -> list[str]:
    names = [name for name, _ in inspector.get_sorted_table_and_fkc_names() if name is not None]
    return [*names, *(name for name in inspector.get_table_names() if name not in names)]


def _fill(connection: Connection, inspector: Inspector, table: str, count: int) -> None:
    columns = [one for one in inspector.get_columns(table) if not _fills_itself(one)]
    refers = {name for key in inspector.get_foreign_keys(table) for name in key["constrained_columns"]}
    loose = [one for one in columns if not (one["name"] in refers and one["nullable"])]
    for number in range(1, count + 1):
        if not (_inserted(connection, table, columns, number) or _inserted(connection, table, loose, number)):
            return


def _fills_itself(column: ReflectedColumn) -> bool:
    numbered = column.get("autoincrement") is True
    return bool(column.get("default") or column.get("computed") or column.get("identity") or numbered)


def _inserted(connection: Connection, table: str, columns: Sequence[ReflectedColumn], number: int) -> bool:
    values: Mapping[str, Any] = {
        one["name"]: value for one in columns if (value := _value(one["type"], number)) is not None
    }
    target = sa.table(table, *(sa.column(one["name"], one["type"]) for one in columns if one["name"] in values))
    savepoint = connection.begin_nested()
    try:
        connection.execute(sa.insert(target).values(values))
    except SQLAlchemyError:
        savepoint.rollback()
        return False
    savepoint.commit()
    return True


def _value(kind: TypeEngine[Any], number: int) -> Any:
    """A value of the type; None for a type that isn't known here."""
    enums = getattr(kind, "enums", None) or getattr(kind, "values", None)
    if isinstance(kind, sa.Enum) or enums:
        return enums[(number - 1) % len(enums)] if enums else None
    for known, made in _MADE:
        if isinstance(kind, known):
            return made(number)
    return None


_MADE: tuple[tuple[type[TypeEngine[Any]], Any], ...] = (
    (sa.Boolean, lambda number: number % 2 == 1),
    (sa.Integer, lambda number: number),
    (sa.Numeric, lambda number: number),
    (sa.JSON, lambda number: {"n": number}),
    (sa.Uuid, lambda number: UUID(int=number)),
    (sa.String, str),
    (sa.LargeBinary, lambda number: str(number).encode()),
    (sa.DateTime, lambda number: datetime.combine(_DAY, time()) + timedelta(days=number)),
    (sa.Date, lambda number: _DAY + timedelta(days=number)),
    (sa.Time, lambda number: time(number % 24)),
    (sa.Interval, lambda number: timedelta(days=number)),
)
