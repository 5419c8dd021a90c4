"""How many rows are written at once: values computed elsewhere by key, and rows of one table into another."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.sql.dml import Insert
from sqlalchemy.types import TypeEngine

from migrator.dialects.keys import Bound, Key

Encode: TypeAlias = Callable[[Any], Any]
"""From a value as Python code has it to one that the driver takes."""


def encoder(type_: TypeEngine[Any], dialect: Dialect) -> Encode:
    """What SQLAlchemy does to a parameter of this type; may raise whatever the type raises for a value that isn't."""
    made = type_.dialect_impl(dialect).bind_processor(dialect)
    return made if made is not None else lambda value: value


def placeholders(dialect: Dialect) -> Callable[[], str]:
    """Gives the driver's placeholder for the next parameter, in the order of the text."""
    count = 0

    def following() -> str:
        nonlocal count
        count += 1
        match dialect.paramstyle:
            case "qmark":
                return "?"
            case "numeric_dollar":
                return f"${count}"
            case _:
                return "%s"

    return following


@dataclass(frozen=True, kw_only=True)
class Target:
    """Where values are written back: the table, its key, and the SQL type of each column where a cast needs it.

    ``listed`` are the columns whose values may be sent as one array.
    """

    table: sa.TableClause
    key: Key
    casts: Mapping[str, str]
    listed: frozenset[str] = frozenset()


Written: TypeAlias = "tuple[Bound, Sequence[Any]]"
"""A key and the values for its row, each as the driver takes it."""


@dataclass(frozen=True, kw_only=True)
class PlainColumn:
    """A column that holds what an UPDATE sets, and equals itself.

    Two of the same ``kind`` are equal once one is set to the other.
    """

    kind: str
    nullable: bool


TellingUpdate: TypeAlias = Callable[[Connection, sa.Update, "ColumnElement[bool]"], tuple[int, int]]
"""Runs an UPDATE: how many rows it changed, and for how many of them the predicate is true still.  Locks the rows."""


class WriteRules(ABC):
    """Bulk writes of one dialect."""

    most_rows: int
    """The most rows that one statement may write back; more are cut into several."""

    def target(self, connection: Connection, table: sa.TableClause, key: Key) -> Target:
        """What :meth:`write_back` needs to know; may ask the catalogue."""
        return Target(table=table, key=key, casts={})

    def can_roll_back(self, connection: Connection, table: sa.TableClause) -> bool:
        """Whether what is written to this table can be taken back."""
        return True

    def telling_update(self, connection: Connection, table: sa.TableClause) -> TellingUpdate | None:
        """How an UPDATE of this table tells what stays to do; None where it can't.  May ask the catalogue."""
        return None

    def plain_columns(self, connection: Connection, table: sa.TableClause) -> Mapping[str, PlainColumn]:
        """The columns of this table that no trigger, rule, cascade or generation changes by an UPDATE that sets them;
        none where one may, or where the session isn't shown whether one does.  Asks the catalogue."""
        return {}

    @abstractmethod
    def row_width(self, connection: Connection, table: sa.TableClause, changed: Collection[str] | None) -> float | None:
        """About how many bytes a row takes, on the average of the table; None where nothing tells.

        Args:
            changed: the columns that are written; None for whole rows.  What is stored apart and isn't written doesn't
                count, where the server leaves it alone.

        Raises:
            NoSuchTableError: there is no such table, where it is asked.
        """

    @abstractmethod
    def size_of(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        """About how many bytes a value takes; NULL for NULL."""

    @abstractmethod
    def write_back(self, connection: Connection, target: Target, names: Sequence[str], rows: Sequence[Written]) -> int:
        """Set these columns of the rows with these keys: one statement, one round trip, for up to ``most_rows``.

        Returns:
            How many rows there were.

        Locks: the rows.
        """

    @abstractmethod
    def insert_missing(self, table: sa.TableClause, key: Sequence[str], names: Sequence[str]) -> Insert:
        """An INSERT, to be given a SELECT, that leaves every row alone that a unique key holds already.

        Any other error stays one."""

    @abstractmethod
    def same(self, left: ColumnElement[Any], right: ColumnElement[Any], type_: TypeEngine[Any]) -> ColumnElement[bool]:
        """Whether two values are the same, NULL and NULL included, texts byte by byte under any collation."""


def names_in_sql(target: Target, dialect: Dialect) -> tuple[str, Callable[[str], str]]:
    """The table's name and a function for its columns' names, quoted where they must be, a ``%`` as drivers want it."""
    preparer = dialect.identifier_preparer
    return preparer.format_table(target.table), preparer.quote


def chunks(rows: Sequence[Written], most: int) -> list[Sequence[Written]]:
    """Rows in pieces of at most so many."""
    return [rows[start : start + most] for start in range(0, len(rows), most)]
