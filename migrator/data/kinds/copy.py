"""A copy of rows into another table."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, TypeAlias

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection

from migrator.data.attempt import Begin
from migrator.data.copying import Copy, Copying, as_expression
from migrator.data.declaring import check_copy, check_source, check_table
from migrator.data.kinds.declaration import Fence
from migrator.data.kinds.keyed import KeyedMigration
from migrator.data.written import WrittenBytes, wide_columns
from migrator.dialects import pack_for
from migrator.dialects.keys import Key
from migrator.errors import ConfigurationError
from migrator.model.data import DataKind

OnConflict: TypeAlias = Literal["update", "ignore"]


@dataclass(frozen=True, kw_only=True, eq=False)
class CopyMigration(KeyedMigration):
    """A copy of one table's rows into another, in batches of the source's key order.

    Still to do are source rows whose target row is missing, and with ``on_conflict="update"`` those whose target row
    differs (NULL and NULL are the same, texts are compared byte by byte); with ``remove_source`` all source rows.

    Args:
        name: unique among the project's data migrations.
        source: ``sa.select(users.c.id, users.c.street).where(...)`` over one ``sa.table(...)``, or the table.
        target: ``sa.table("addresses", sa.column("user_id"), ...)``; another table.
        columns: target column → expression over the source, or a value; without it, the columns that the select
            names, under their names.
        key: the target's columns that name one row; each in ``columns``, NOT NULL, and together unique in the
            catalogue.
        on_conflict: what becomes of a target row that is there already: ``"update"`` makes it equal to the source (for
            a source that is still the truth), ``"ignore"`` leaves it (for a target that is written too).
        remove_source: delete each source row in the transaction that copies it.  Only for changes whose old code is
            gone; what isn't in ``columns`` is lost.
        requires: as in :class:`UpdateMigration`.
        fence: with ``remove_source`` by default the source rows of the select; else none, since one row alone can't
            tell whether another table has it.
        batch_size: the most rows of one transaction.

    Raises:
        ConfigurationError: the declaration can't work, and why.

    Locks: the source rows of a batch, shared (with ``remove_source`` exclusive), and their target rows, for one short
    transaction.
    """

    source: sa.TableClause | sa.Select[Any]
    target: sa.TableClause
    key: Sequence[str]
    columns: Mapping[str, Any] = field(default_factory=dict)
    on_conflict: OnConflict = "ignore"
    remove_source: bool = False

    kind: ClassVar[DataKind] = DataKind.COPY
    in_database: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        check_table(self.name, self.target, "target")
        check_source(self.name, self.source)
        if not self.columns and isinstance(self.source, sa.Select):
            named = {column.key or "": column for column in self.source.selected_columns}
            object.__setattr__(self, "columns", named)
        check_copy(self.name, self.rows_of, self.target, self.columns, self.key, self.on_conflict)
        if self.fence is None and self.remove_source:
            object.__setattr__(self, "fence", Fence(table=self.rows_of, refuse=self.where))

    @property
    def rows_of(self) -> sa.TableClause:
        if isinstance(self.source, sa.TableClause):
            return self.source
        (table,) = self.source.get_final_froms()
        assert isinstance(table, sa.TableClause)  # check_source has seen to it
        return table

    @property
    def where(self) -> ColumnElement[bool]:
        """Which source rows are meant."""
        clause = None if isinstance(self.source, sa.TableClause) else self.source.whereclause
        return sa.true() if clause is None else clause

    @property
    def written(self) -> Sequence[sa.TableClause]:
        return (self.target, self.rows_of) if self.remove_source else (self.target,)

    @property
    def changed(self) -> Collection[str]:
        return ()

    def still_to_do(self, connection: Connection) -> ColumnElement[bool]:
        return self.where if self.remove_source else sa.and_(self.where, sa.not_(self.copy(connection).is_there))

    def work(self, connection: Connection, key: Key) -> Begin:
        if not pack_for(connection.dialect).keys.identify(connection, self.target, self.key):
            raise ConfigurationError(
                f"data migration {self.name!r}: ({', '.join(self.key)}) doesn't name one row of {self.target.name!r}:"
                " no primary or unique key of NOT NULL columns is among these columns, so a row could be copied twice",
                remedy=f"add a unique constraint over them to {self.target.name!r} in an expand revision",
                table=self.target.name,
            )
        copy = self.copy(connection)
        wide = wide_columns(connection, self.target, self.columns)
        written = WrittenBytes(most=self.batch_bytes, columns=wide)
        return lambda _, rows, span: Copying(copy, rows, span, written)

    def copy(self, connection: Connection) -> Copy:
        """The copy with the types that the target's columns have in the catalogue."""
        pack = pack_for(connection.dialect)
        types = {
            column["name"]: column["type"]
            for column in sa.inspect(connection).get_columns(self.target.name, schema=self.target.schema)
        }
        return Copy(
            source=self.rows_of,
            where=self.where,
            target=self.target,
            values={name: as_expression(value) for name, value in self.columns.items()},
            key=tuple(self.key),
            types=types,
            rules=pack.writing,
            updates=self.on_conflict == "update",
            removes=self.remove_source,
        )
