"""A DELETE in batches."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import ClassVar

import sqlalchemy as sa
from sqlalchemy import Connection

from migrator.data.attempt import Attempt, Begin, Span
from migrator.data.kinds.filtered import FilteredMigration
from migrator.data.table_rows import TableRows
from migrator.dialects.keys import Bound, Key
from migrator.model.data import DataKind


@dataclass(frozen=True, kw_only=True, eq=False)
class DeleteMigration(FilteredMigration):
    """A DELETE in batches of key order: ``DELETE FROM table WHERE where``.  Nothing brings these rows back.

    Args:
        name: unique among the project's data migrations.
        table: ``sa.table("name", sa.column(...), ...)``; not the application's model.
        where: true for the rows that go.  Other tables only inside a subquery.
        requires: as in :class:`UpdateMigration`.
        fence: by default rows of ``table`` for which ``where`` is true.
        batch_size: the most rows of one transaction.  What ON DELETE CASCADE takes along isn't counted.

    Raises:
        ConfigurationError: the declaration can't work, and why.

    Locks: the rows of a batch, and what their foreign keys reach, for one short transaction.
    """

    kind: ClassVar[DataKind] = DataKind.DELETE
    in_database: ClassVar[bool] = True
    counts: ClassVar[bool] = True

    @property
    def changed(self) -> Collection[str]:
        return ()

    def work(self, connection: Connection, key: Key) -> Begin:
        return lambda connection, rows, span: _Delete(self, rows, span)


class _Delete(Attempt):
    def __init__(self, migration: DeleteMigration, rows: TableRows, span: Span) -> None:
        self._migration, self._rows, self._span = migration, rows, span

    def apply(self, connection: Connection, but: Collection[Bound]) -> int:
        statement = sa.delete(self._migration.table).where(self._rows.in_span(self._span, but))
        return connection.execute(statement).rowcount
