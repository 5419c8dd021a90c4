"""One batch of a copy: lock the source rows, insert what is missing, update what differs, delete what is there."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection
from sqlalchemy.types import NullType, TypeEngine

from migrator.data.attempt import Attempt, Span
from migrator.data.table_rows import TableRows
from migrator.data.written import WrittenBytes
from migrator.dialects.keys import Bound, Key
from migrator.dialects.writing import WriteRules


@dataclass(frozen=True, kw_only=True)
class Copy:
    """A copy as the statements need it.  ``values``: target column → expression over the source."""

    source: sa.TableClause
    where: ColumnElement[bool]
    target: sa.TableClause
    values: Mapping[str, ColumnElement[Any]]
    key: Sequence[str]
    types: Mapping[str, TypeEngine[Any]]
    rules: WriteRules
    updates: bool
    removes: bool

    @property
    def others(self) -> Sequence[str]:
        """The target columns that aren't the key's."""
        return [name for name in self.values if name not in self.key]

    @property
    def has_row(self) -> ColumnElement[bool]:
        """True for source rows whose target row is there, whatever it holds."""
        return self._exists(())

    @property
    def is_there(self) -> ColumnElement[bool]:
        """True for source rows that need nothing more to be copied."""
        return self._exists(self.others if self.updates else ())

    @property
    def is_equal(self) -> ColumnElement[bool]:
        """True for source rows whose target row holds what they give, whether that was asked for or not."""
        return self._exists(self.others)

    def same(self, column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
        """Whether this column of a target row holds what its source row gives."""
        return self.rules.same(column, self.values[name], self.types.get(name, NullType()))

    def keys_equal(self, target: sa.FromClause) -> list[ColumnElement[bool]]:
        """The conditions that join a target row to its source row."""
        return [target.c[name] == self.values[name] for name in self.key]

    def _exists(self, compared: Sequence[str]) -> ColumnElement[bool]:
        there = self.target.alias("migrator_target")
        conditions = [*self.keys_equal(there), *(self.same(there.c[name], name) for name in compared)]
        return sa.exists(sa.select(sa.literal(1)).select_from(there).where(*conditions).correlate(self.source))


class Copying(Attempt):
    """A batch of a copy."""

    def __init__(self, copy: Copy, rows: TableRows, span: Span, written: WrittenBytes) -> None:
        self._copy, self._rows, self._span, self._written = copy, rows, span, written

    def refuse_written(self) -> None:
        self._written.refuse(self._span.most)

    def apply(self, connection: Connection, but: Collection[Bound]) -> int:
        copy = self._copy
        self._written.refuse(self._span.most)
        self._lock(connection, but)
        keys = () if but else self._written.chosen(connection, self._rows, self._span)
        done = self._insert(connection, but)
        if copy.updates and copy.others:
            done += self._update(connection, but)
        if keys:
            key = _qualified(self._rows.key, copy.source, connection)
            self._written.measure(connection, copy.target, key, keys, *copy.keys_equal(copy.target))
        return self._delete(connection, but) if copy.removes else done

    def _lock(self, connection: Connection, but: Collection[Bound]) -> None:
        # Else a client could change a row between its copy and its deletion, or between its copy and our COMMIT.
        statement = sa.select(*self._rows.key.columns).select_from(self._copy.source)
        locked = statement.where(self._rows.in_span(self._span, but)).with_for_update(read=not self._copy.removes)
        connection.execute(locked).all()

    def _insert(self, connection: Connection, but: Collection[Bound]) -> int:
        copy = self._copy
        missing = sa.and_(self._rows.in_span(self._span, but, todo=copy.where), sa.not_(copy.has_row))
        rows = sa.select(*copy.values.values()).select_from(copy.source).where(missing)
        statement = copy.rules.insert_missing(copy.target, copy.key, tuple(copy.values))
        statement = statement.from_select(list(copy.values), rows, include_defaults=False)
        # Of an INSERT it is kept only on demand: psycopg 3 has closed the cursor by then.
        return connection.execute(statement, execution_options={"preserve_rowcount": True}).rowcount

    def _update(self, connection: Connection, but: Collection[Bound]) -> int:
        copy, target = self._copy, self._copy.target
        rows = replace(self._rows, key=_qualified(self._rows.key, copy.source, connection))
        differs = sa.or_(*(sa.not_(copy.same(target.c[name], name)) for name in copy.others))
        statement = (
            sa.update(target)
            .where(*copy.keys_equal(target), rows.in_span(self._span, but, todo=copy.where), differs)
            .values({target.c[name]: copy.values[name] for name in copy.others})
        )
        return connection.execute(statement).rowcount

    def _delete(self, connection: Connection, but: Collection[Bound]) -> int:
        copy = self._copy
        copied = sa.and_(self._rows.in_span(self._span, but, todo=copy.where), copy.is_there)
        return connection.execute(sa.delete(copy.source).where(copied)).rowcount


def as_expression(value: Any) -> ColumnElement[Any]:
    """An expression as it is, a plain value as a parameter."""
    return value if isinstance(value, ColumnElement) else sa.literal(value)


def _qualified(key: Key, table: sa.TableClause, connection: Connection) -> Key:
    """The key for a statement over two tables, which may both have columns of these names."""
    preparer = connection.dialect.identifier_preparer
    columns = tuple(
        sa.literal_column(f"{preparer.format_table(table)}.{preparer.quote(name)}".replace("%%", "%"), column.type)
        for name, column in zip(key.names, key.columns, strict=True)
    )
    return replace(key, columns=columns)
