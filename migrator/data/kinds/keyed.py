"""A kind whose batches are cut by the key of a table."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection

from migrator.data.attempt import Begin, Care
from migrator.data.budget import TooManyBytesError
from migrator.data.kinds.declaration import DataMigration
from migrator.data.table_rows import TableRows, table_rows
from migrator.dialects import pack_for
from migrator.dialects.keys import Key, KeyRules


@dataclass(frozen=True, kw_only=True, eq=False)
class KeyedMigration(DataMigration):
    """What :class:`UpdateMigration`, :class:`DeleteMigration`, :class:`TransformMigration` and :class:`CopyMigration`
    share: rows of one table in key order, and a predicate that is an expression over it."""

    keyed: ClassVar[bool] = True
    counts: ClassVar[bool] = False
    """Whether a batch changes all rows that the predicate finds in its range, and tells how many."""

    @property
    @abstractmethod
    def rows_of(self) -> sa.TableClause:
        """The table whose key cuts the batches."""

    @property
    @abstractmethod
    def changed(self) -> Collection[str]:
        """The names of that table's columns that are written."""

    @property
    def written(self) -> Sequence[sa.TableClause]:
        """The tables whose rows it changes."""
        return (self.rows_of,)

    def row_width(self, connection: Connection) -> float | None:
        """About how many bytes a batch moves for each row, as the server tells; None where that isn't known before.

        Raises:
            NoSuchTableError: there is no such table.
        """
        writing = pack_for(connection.dialect).writing
        return writing.row_width(connection, self.rows_of, frozenset(self.changed) or None)

    @abstractmethod
    def still_to_do(self, connection: Connection) -> ColumnElement[bool]:
        """The predicate, over :attr:`rows_of`."""

    @abstractmethod
    def work(self, connection: Connection, key: Key) -> Begin:
        """How a batch is done, once the catalogue has been asked what it takes.

        Raises:
            ConfigurationError: the tables are not as the declaration needs them.
            NoSuchTableError: there is no such table.
        """

    def rows(self, connection: Connection, rules: KeyRules) -> TableRows:
        return table_rows(connection, self, rules)

    def count(self, connection: Connection) -> int:
        statement = sa.select(sa.func.count()).select_from(self.rows_of).where(self.still_to_do(connection))
        return int(connection.execute(statement).scalar_one())

    def finds_any(self, connection: Connection) -> bool:
        statement = sa.select(sa.literal(1)).select_from(self.rows_of).where(self.still_to_do(connection)).limit(1)
        return connection.execute(statement).first() is not None

    def __call__(self, context: Any, max_count: int) -> tuple[int, int]:
        """One batch from the first row on, in the transaction of ``context.connection``: Nova's signature.

        Returns:
            (rows found, rows done), both at most ``max_count``.

        Raises:
            ConfigurationError: the table has no usable key.
        """
        connection: Connection = context.connection
        rows = self.rows(connection, pack_for(connection.dialect).keys)
        span = rows.next_span(connection, None, self.most_rows(self.row_width(connection), max_count), named=True)
        if span is None:
            return 0, 0
        # Without a savepoint: under Python's own sqlite3 transactions the end of an outermost one commits.
        while True:
            try:
                batch = rows.change(connection, span, allowed=max_count, care=Care.LEAVE)
                break
            except TooManyBytesError as error:  # known before anything is written
                span = span.first(error.fits)
        if batch.error is not None and not batch.done:
            raise batch.error
        return batch.tried, batch.done
