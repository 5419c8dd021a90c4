"""Progress of online data migrations: a row each, which is also the lock under which their batches run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from migrator.model.data import DataProgress, DataState
from migrator.state.store import Store

_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, kw_only=True)
class DataRow:
    """What is remembered of one data migration.

    A *pass* goes once over the ``pass_size`` rows that the predicate found at its start; ``pass_size`` is None while
    no pass is underway.  ``watermark`` is the last key tried; where that may not be stored, ``skipped`` stands for it:
    how many rows up to it the predicate still finds.  ``stalled`` counts passes in a row after which as many rows
    remained as before.  ``run_id`` and ``batch_number`` name the last write.
    """

    name: str
    state: DataState = DataState.PENDING
    turn: int = 0
    watermark: str | None = None
    skipped: int = 0
    pass_number: int = 0
    pass_size: int | None = None
    pass_tried: int = 0
    pass_done: int = 0
    stalled: int = 0
    found: int = 0
    done: int = 0
    failed: int = 0
    busy_ms: int = 0
    commits_itself: bool = False
    error_class: str | None = None
    error_code: str | None = None
    run_id: str | None = None
    batch_number: int = 0

    @property
    def written_by(self) -> tuple[str | None, int]:
        """Names the write that left the row like this."""
        return self.run_id, self.batch_number


_COLUMNS = tuple(field.name for field in fields(DataRow))


def read_rows(store: Store, connection: Connection, *, there: bool = False) -> Mapping[str, DataRow]:
    """All rows by name; empty when our tables don't exist.  Changes nothing, waits for nobody.

    Args:
        there: the tables are known to exist; the catalogue isn't asked.
    """
    if not there and not store.exists(connection):
        return {}
    rows = connection.execute(_select(store)).mappings()
    return {row["name"]: _row(row) for row in rows}


def lock_row(store: Store, connection: Connection, name: str) -> DataRow:
    """The row, locked to the end of the caller's transaction.

    Locks: the row, waited for up to the lock timeout; on SQLite the caller's BEGIN IMMEDIATE holds the file.
    """
    statement = _select(store).where(store.tables.data_migration.c.name == name).with_for_update()
    return _row(connection.execute(statement).mappings().one())


def add_rows(store: Store, connection: Connection, names: Iterable[str]) -> None:
    """Insert rows for names that have none, in the caller's transaction.

    Raises:
        DatabaseError: another runner inserted the same name first.
    """
    known = read_rows(store, connection, there=True)
    for name in names:
        if name not in known:
            connection.execute(sa.insert(store.tables.data_migration).values(**_values(store, DataRow(name=name))))


def write_row(store: Store, connection: Connection, row: DataRow) -> None:
    """Write the whole row, in the caller's transaction, which has locked it."""
    table = store.tables.data_migration
    values = _values(store, row)
    connection.execute(sa.update(table).where(table.c.name == values.pop("name")).values(**values))


def last_turn(store: Store, connection: Connection) -> int:
    """The highest turn that any data migration has had; 0 before the first."""
    return int(connection.execute(sa.select(sa.func.max(store.tables.data_migration.c.turn))).scalar() or 0)


def read_progress(store: Store, connection: Connection) -> Mapping[str, DataProgress]:
    """What is known of each data migration that has ever run, by name; empty when our tables don't exist."""
    return {name: _progress(row) for name, row in read_rows(store, connection).items()}


def _progress(row: DataRow) -> DataProgress:
    return DataProgress(
        name=row.name,
        state=row.state,
        found=row.found,
        done=row.done,
        failed=row.failed,
        rate=row.done * 1000 / row.busy_ms if row.busy_ms else None,
        commits_itself=row.commits_itself,
        error_class=row.error_class or "",
        error_code=row.error_code or "",
    )


def _select(store: Store) -> sa.Select[Any]:
    columns = store.tables.data_migration.c
    return sa.select(*(columns[name] for name in _COLUMNS))


def _row(row: sa.RowMapping) -> DataRow:
    values: dict[str, Any] = {**row}
    # A state that a newer migrator invented means nothing to us.
    state = DataState(values["state"]) if values["state"] in set(DataState) else DataState.PENDING
    return DataRow(**{**values, "state": state})


def _values(store: Store, row: DataRow) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in _COLUMNS}
    return {**values, "state": row.state.value, "updated_at": store.database.pack.session.utc_now()}
