"""A set-based UPDATE."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection
from sqlalchemy.sql import visitors
from sqlalchemy.sql.selectable import SelectBase

from migrator.data.attempt import Attempt, Begin, Span
from migrator.data.declaring import check_set
from migrator.data.kinds.filtered import FilteredMigration
from migrator.data.settled import leaves_nothing
from migrator.data.table_rows import TableRows
from migrator.data.written import WrittenBytes, wide_columns
from migrator.dialects import pack_for
from migrator.dialects.keys import Bound, Key
from migrator.dialects.writing import TellingUpdate
from migrator.model.data import DataKind


@dataclass(frozen=True, kw_only=True, eq=False)
class UpdateMigration(FilteredMigration):
    """A set-based UPDATE in batches of key order: ``UPDATE table SET set WHERE where``.

    Args:
        name: unique among the project's data migrations.
        table: ``sa.table("name", sa.column(...), ...)``; not the application's model, which will change.
        set: column name → value or expression.
        where: true for the rows still to do, and false once they are done: ``new IS DISTINCT FROM old``.  Other
            tables only inside a subquery.
        requires: expand revisions, changes, or other data migrations that come first; without any, the expands of
            the module's ``change``.
        fence: by default rows of ``table`` for which ``where`` is true.
        batch_size: the most rows of one transaction.

    Raises:
        ConfigurationError: the declaration can't work, and why.

    Locks: the rows of a batch, for one short transaction.
    """

    set: Mapping[str, Any]

    kind: ClassVar[DataKind] = DataKind.UPDATE
    in_database: ClassVar[bool] = True
    counts: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        check_set(self.name, self.table, self.set)

    @property
    def changed(self) -> Collection[str]:
        return frozenset(self.set)

    def work(self, connection: Connection, key: Key) -> Begin:
        writing = pack_for(connection.dialect).writing
        settled = leaves_nothing(self.table, self.where, self.set, writing.plain_columns(connection, self.table))
        blind = settled or may_read_rows(self.where)
        telling = None if blind else writing.telling_update(connection, self.table)
        wide = wide_columns(connection, self.table, self.set)
        written = WrittenBytes(most=self.batch_bytes, columns=wide)
        return lambda connection, rows, span: _Update(self, rows, span, telling, written, settled=settled)


def may_read_rows(where: ColumnElement[bool]) -> bool:
    """Whether a predicate may read other rows, which a statement sees as they were before it: by a subquery, or by
    text, which says what it likes."""
    return any(
        isinstance(one, SelectBase | sa.TextClause) or (isinstance(one, sa.ColumnClause) and one.is_literal)
        for one in visitors.iterate(where)
    )


class _Update(Attempt):
    """A batch.  ``telling`` runs its UPDATE where that tells what the predicate still finds; ``settled`` where it is
    known to find none of the rows again."""

    def __init__(
        self,
        migration: UpdateMigration,
        rows: TableRows,
        span: Span,
        telling: TellingUpdate | None,
        written: WrittenBytes,
        *,
        settled: bool,
    ) -> None:
        self._migration, self._rows, self._span, self._telling = migration, rows, span, telling
        self._written = written
        self._all_gone = settled

    @property
    def all_gone(self) -> bool:
        return self._all_gone

    def refuse_written(self) -> None:
        self._written.refuse(self._span.most)

    def apply(self, connection: Connection, but: Collection[Bound]) -> int:
        self._written.refuse(self._span.most)
        keys = () if but else self._written.chosen(connection, self._rows, self._span)
        changed = self._update(connection, but)
        self._written.measure(connection, self._rows.table, self._rows.key, keys)
        return changed

    def _update(self, connection: Connection, but: Collection[Bound]) -> int:
        if self._telling is None and not but:
            return self._rows.run_made_once(connection, self._span, self._where).rowcount
        statement = self._where(self._rows.in_span(self._span, but))
        if self._telling is None:
            return connection.execute(statement).rowcount
        changed, staying = self._telling(connection, statement, self._rows.todo)
        self._all_gone = not staying
        return changed

    def _where(self, chosen: ColumnElement[bool]) -> sa.Update:
        table = self._migration.table
        values = {table.c[name]: value for name, value in self._migration.set.items()}
        return sa.update(table).where(chosen).values(values)
