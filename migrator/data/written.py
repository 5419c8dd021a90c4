"""How many bytes an UPDATE or a copy writes: measured of a few of its rows, since no server tells it before."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection
from sqlalchemy.types import NULLTYPE, NullType, TypeEngine

from migrator.data.attempt import Span
from migrator.data.budget import TooManyBytesError
from migrator.data.table_rows import TableRows
from migrator.dialects import pack_for
from migrator.dialects.keys import Bound, Key

SAMPLE = 100
"""Of how many rows of a batch, the first ones, the written values are measured."""
EVERY = 10
"""So many batches after a measurement comes the next; earlier where batches have grown by half."""
_GROWN = 1.5
_WIDE = (sa.String, sa.LargeBinary, sa.JSON, sa.ARRAY, NullType)


@dataclass(kw_only=True)
class WrittenBytes:
    """The bytes that are written to the ``columns`` of a row, by the latest measurement; ``most`` of a batch.

    Several workers may share it: each notes what it finds.
    """

    most: int
    columns: Sequence[str]
    width: float | None = None
    _rows: int = 0
    _since: int = 0

    def chosen(self, connection: Connection, rows: TableRows, span: Span) -> Sequence[Bound]:
        """The keys of the rows that are to be measured once they are written; none where it isn't due."""
        if not self.columns:
            return ()
        self._since += 1
        if self.width is not None and self._since < EVERY and span.most < self._rows * _GROWN:
            return ()
        self._since, self._rows = 0, span.most
        return span.keys[:SAMPLE] if span.keys else rows.up_to(span.high).choose(connection, span.low, SAMPLE)

    def measure(
        self,
        connection: Connection,
        written: sa.FromClause,
        key: Key,
        keys: Collection[Bound],
        *joined: ColumnElement[bool],
    ) -> None:
        """Note how wide rows of ``written`` are now, in the transaction that changed them.

        Args:
            key: what names them; of another table where that is ``joined``.
            keys: which are asked for.
        """
        if not keys:
            return
        size_of = pack_for(connection.dialect).writing.size_of
        sizes = [sa.func.coalesce(size_of(written.c[name]), 0) for name in self.columns]
        total = sum(sizes[1:], sizes[0])
        wanted = sa.select(sa.func.avg(total)).select_from(written).where(*joined, key.is_one_of(list(keys)))
        width = connection.execute(wanted).scalar()
        self.width = self.width if width is None else float(width)

    def refuse(self, count: int) -> None:
        """Prove that so many rows are not too many bytes.

        Raises:
            TooManyBytesError: they are.  One row alone is never too many.
        """
        if self.width is not None and count > 1 and self.width * count > self.most:
            raise TooManyBytesError(max(1, min(count - 1, int(self.most / self.width))))


def wide_columns(connection: Connection, table: sa.TableClause, names: Iterable[str]) -> Sequence[str]:
    """Which of these columns of a table may hold wide values, by the types of the catalogue."""
    known = {
        column["name"]: column["type"] for column in sa.inspect(connection).get_columns(table.name, schema=table.schema)
    }
    return [name for name in names if may_be_wide(known.get(name, NULLTYPE))]


def may_be_wide(type_: TypeEngine[object]) -> bool:
    """Whether a value of this type may take more than some bytes; one that isn't known may."""
    return isinstance(type_, _WIDE)
