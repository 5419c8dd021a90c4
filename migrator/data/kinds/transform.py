"""A Python function from what a row holds to what is written to it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar, TypeAlias

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection

from migrator.data.attempt import Begin
from migrator.data.budget import Budget
from migrator.data.computing import Computing
from migrator.data.declaring import check_columns, check_transform
from migrator.data.kinds.declaration import DEFAULT_BATCH_BYTES, DEFAULT_BATCH_SIZE, Fence, OnError, Order
from migrator.data.kinds.filtered import FilteredMigration
from migrator.data.sizer import DEFAULT_TARGET
from migrator.data.transforming import Transform, Transforming
from migrator.dialects import pack_for
from migrator.dialects.keys import Key
from migrator.dialects.writing import encoder
from migrator.model.data import DataKind

Row: TypeAlias = Mapping[str, Any]
"""The columns that a transform reads, by name."""

Values: TypeAlias = "Mapping[str, Any] | None"
"""Column name → value to write; None leaves the row as it is."""


@dataclass(frozen=True, kw_only=True, eq=False)
class TransformMigration(FilteredMigration):
    """A Python function over rows in batches of key order, for what SQL can't say: hashing, encryption, parsing.

    The function must be pure: it may be called again for the same row.

    Args:
        name: unique among the project's data migrations.
        table: ``sa.table("name", sa.column(...), ...)``; not the application's model.
        reads: the columns that the function gets; no other is fetched.
        writes: the columns that it may write; not the key's.
        where: true for the rows still to do, and false once they are done.  Other tables only inside a subquery.
        function: from a row (column → value) to the values to write, or None to leave the row as it is.
        batch_function: instead of it: from a list of rows to a list of as many results, in the same order.
        requires, fence: as in :class:`UpdateMigration`.
        batch_size: the most rows of one transaction.
        batch_bytes: the most bytes that are read of them, and written to them; a single row may have more.

    A value has the type that ``sa.column(name, type)`` declares, else the one of the catalogue; on SQLite, which has
    none, it comes as it is stored.

    A row that the function leaves alone, or for which it raises, stays to do, and the others go on.

    Raises:
        ConfigurationError: the declaration can't work, and why.

    Locks: the rows of a batch, once they are computed, for one statement that reads them again and one that writes.
    A row that was changed since it was read is computed again from what it holds then.  Where the function takes less
    than 100 ms for a batch, its rows are locked as they are read.
    """

    reads: Sequence[str]
    writes: Sequence[str]
    function: Callable[[Row], Values] | None = None
    batch_function: Callable[[Sequence[Row]], Sequence[Values]] | None = None

    kind: ClassVar[DataKind] = DataKind.TRANSFORM

    def __post_init__(self) -> None:
        super().__post_init__()
        check_columns(self.name, self.table, "reads", self.reads)
        check_columns(self.name, self.table, "writes", self.writes)
        check_transform(self.name, self.function, self.batch_function)

    def row_width(self, connection: Connection) -> float | None:
        return None  # it is found out while they are read

    @property
    def changed(self) -> Collection[str]:
        return frozenset(self.writes)

    def work(self, connection: Connection, key: Key) -> Begin:
        pack = pack_for(connection.dialect)
        known = {
            column["name"]: pack.keys.type_of(column)
            for column in sa.inspect(connection).get_columns(self.table.name, schema=self.table.schema)
        }
        types = {
            name: known.get(name, column.type) if isinstance(column.type, sa.types.NullType) else column.type
            for name, column in self.table.c.items()
        }
        transform = Transform(
            computing=Computing(
                name=self.name,
                path=self.path,
                reads=tuple(self.reads),
                encoders={name: encoder(types[name], connection.dialect) for name in self.writes},
                function=self.function,
                batch_function=self.batch_function,
            ),
            columns=[sa.type_coerce(self.table.c[name], types[name]) for name in self.reads],
            key_encoders=[encoder(column.type, connection.dialect) for column in key.columns],
            rules=pack.writing,
            target=pack.writing.target(connection, self.table, key),
            budget=Budget(most=self.batch_bytes),
            written=Budget(most=self.batch_bytes),
        )
        return lambda connection, rows, span: Transforming(transform, rows, span, connection)


def transform_migration(
    *,
    name: str,
    table: sa.TableClause,
    reads: Sequence[str],
    writes: Sequence[str],
    where: ColumnElement[bool],
    requires: Sequence[str] = (),
    fence: Fence | None = None,
    batch_size: int = DEFAULT_BATCH_SIZE,
    batch_bytes: int = DEFAULT_BATCH_BYTES,
    target_time: timedelta = DEFAULT_TARGET,
    window: str = "",
    order: Order = "",
    requires_services: Mapping[str, str] | None = None,
    invariant: sa.Select[Any] | None = None,
    on_error: OnError = "quarantine",
    workers: int = 1,
) -> Callable[[Callable[[Row], Values]], TransformMigration]:
    """Make a :class:`TransformMigration` of the function below; the arguments are its own."""

    def decorate(function: Callable[[Row], Values]) -> TransformMigration:
        return TransformMigration(
            name=name,
            table=table,
            reads=reads,
            writes=writes,
            where=where,
            function=function,
            requires=requires,
            fence=fence,
            batch_size=batch_size,
            batch_bytes=batch_bytes,
            target_time=target_time,
            window=window,
            order=order,
            requires_services=requires_services or {},
            invariant=invariant,
            on_error=on_error,
            workers=workers,
        )

    return decorate
