"""Which tables and columns a database must have if some revisions are applied to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy import Connection

from migrator.model import operation as o
from migrator.scripts.recording import Recording

Key = tuple[str | None, str]


@dataclass(kw_only=True)
class Expected:
    """(schema, table) → the columns that are sure to be there, and the revision that made the table."""

    tables: dict[Key, set[str]] = field(default_factory=dict)
    makers: dict[Key, str] = field(default_factory=dict)

    def missing(self, connection: Connection) -> Iterator[str]:
        """What the database lacks, in words; nothing when it has all.  Reads the catalogue."""
        inspector = sa.inspect(connection)
        for (schema, table), columns in self.tables.items():
            if not inspector.has_table(table, schema=schema):
                yield f"table {table}"
                continue
            there = {one["name"] for one in inspector.get_columns(table, schema=schema)}
            yield from (f"column {table}.{one}" for one in sorted(columns - there))

    def present(self, connection: Connection) -> Iterator[tuple[str, str]]:
        """The tables that the database has, each with the revision that makes it."""
        inspector = sa.inspect(connection)
        for schema, table in self.tables:
            if inspector.has_table(table, schema=schema):
                yield table, self.makers[(schema, table)]


def expected(recordings: Iterable[Recording]) -> Expected:
    """The sum of the recordings, in their order.

    What a revision makes only if the database says so is not sure to be there, and what it takes away so may be gone;
    after a revision that raised while it was recorded nothing is sure.
    """
    found = Expected()
    for recording in recordings:
        for item in recording.items:
            for operation in item.operations:
                _learn(found, operation, recording.revision.id, sure=not item.asked)
        if recording.error is not None:
            return Expected()
    return found


def created(recordings: Mapping[str, Recording]) -> Expected:
    """The tables that the recordings make for sure, whatever becomes of them later."""
    found = Expected()
    for recording in recordings.values():
        for item in recording.items:
            for operation in item.operations:
                if isinstance(operation, o.CreateTable) and not operation.unless_exists and not item.asked:
                    _learn(found, operation, recording.revision.id, sure=True)
    return found


def _learn(found: Expected, operation: o.Operation, revision: str, *, sure: bool) -> None:
    if isinstance(operation, o.CreateTable) and sure:
        key = (operation.schema, operation.table)
        found.tables[key] = {one.name for one in operation.columns}
        found.makers[key] = revision
    elif isinstance(operation, o.DropTable):
        found.tables.pop((operation.schema, operation.table), None)
    elif isinstance(operation, o.RenameTable):
        columns = found.tables.pop((operation.schema, operation.table), None)
        key = (operation.new_schema or operation.schema, operation.new_name)
        if columns is not None and sure:
            found.tables[key] = columns
            found.makers[key] = revision
    elif isinstance(operation, o.AddColumn | o.DropColumn | o.AlterColumn):
        columns = found.tables.get((operation.schema, operation.table))
        if columns is not None:
            _learn_column(columns, operation, sure=sure)


def _learn_column(columns: set[str], operation: o.AddColumn | o.DropColumn | o.AlterColumn, *, sure: bool) -> None:
    if isinstance(operation, o.AddColumn):
        if sure:
            columns.add(operation.column.name)
    elif isinstance(operation, o.DropColumn):
        columns.discard(operation.column)
    elif operation.new_name:
        was = operation.column in columns
        columns.discard(operation.column)
        if was and sure:
            columns.add(operation.new_name)
