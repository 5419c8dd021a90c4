"""Waived rows that a contract's NOT NULL would refuse: known before its first statement, by their keys."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import sqlalchemy as sa
from sqlalchemy import Connection

from migrator.data.kinds import DataMigration
from migrator.data.watermark import decode
from migrator.model.operation import AlterColumn
from migrator.model.plan import shown_table
from migrator.model.report import Gate
from migrator.scripts.recording import Recording
from migrator.state.quarantine import waived_keys
from migrator.state.store import Store


def waived(store: Store, connection: Connection, migrations: Sequence[DataMigration]) -> Sequence[DataMigration]:
    """Those with waived rows; mostly none."""
    if not store.has(connection, store.tables.quarantine):
        return ()
    return [one for one in migrations if one.keyed and waived_keys(store, connection, one.name)]


def null_gates(
    store: Store, connection: Connection, recording: Recording, migrations: Sequence[DataMigration]
) -> Iterator[Gate]:
    """A closed gate for each column that the contract makes NOT NULL and that is NULL in waived rows of these data
    migrations.  Reads the waived rows by their keys.

    Raises: as :meth:`DataMigration.rows`.
    """
    made = dict.fromkeys((one.schema, one.table, one.column) for one in _made_not_null(recording))
    for migration in migrations:
        rows = migration.rows(connection, store.database.pack.keys)
        if rows is None:
            continue
        own = (rows.table.schema, rows.table.name)
        columns = {one["name"] for one in sa.inspect(connection).get_columns(own[1], schema=own[0])}
        keys = [decode(text) for text in waived_keys(store, connection, migration.name)]
        for schema, table, column in made:
            if (schema, table) != own or column not in columns:
                continue
            null = sa.and_(rows.key.is_one_of(keys), sa.column(column).is_(None))
            found = connection.execute(sa.select(sa.func.count()).select_from(rows.table).where(null)).scalar_one()
            if found:
                yield _gate(migration, shown_table((schema, table)), column, int(found))


def _made_not_null(recording: Recording) -> Iterator[AlterColumn]:
    for item in recording.items:
        for one in item.operations:
            if isinstance(one, AlterColumn) and one.nullable is False:
                yield one


def _gate(migration: DataMigration, table: str, column: str, count: int) -> Gate:
    rows = "1 waived row" if count == 1 else f"{count} waived rows"
    return Gate(
        name="data",
        open=False,
        why=f"{rows} of data migration {migration.name} {'has' if count == 1 else 'have'} NULL in {table}.{column},"
        " which this contract makes NOT NULL: the server would refuse it half-way; give them a value there",
        remedy=f"migrator data status {migration.name}",
    )
