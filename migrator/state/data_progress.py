"""Progress of online data migrations: a row each, which is also the lock under which their batches run."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.sql.dml import UpdateBase

from migrator.model.data import DataProgress, DataState
from migrator.state.data_control import COLUMNS as CONTROL_COLUMNS
from migrator.state.data_control import Control, control_columns, control_of
from migrator.state.store import Store

_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, kw_only=True)
class DataRow:
    """What is remembered of one data migration.

    A *pass* goes once over the ``pass_size`` rows that the predicate found at its start; ``pass_size`` is None while no
    pass is underway.  ``watermark`` is the last key tried; where that may not be stored, ``skipped`` stands for it: how
    many rows up to it the predicate still finds.  ``stalled`` counts passes in a row after which as many rows remained
    as before.  ``run_id`` and ``batch_number`` name the last write.  ``batch_size`` is what was learned of the size of
    batches, ``throttled_ms`` how long all runs waited for others' sake, ``quarantined`` how many of its rows are
    parked, ``waived`` how many of those no longer hold contract up.  ``parted`` is into how many key ranges the pass is
    cut, each with counters of its own, which :func:`read_rows` adds; ``open_ranges`` are those that aren't finished.
    ``marks`` say of some moments how much was done by then (:mod:`migrator.data.marks`).  ``control`` is another
    shell's to write; :func:`write_row` leaves it alone.  ``read_at`` is when the row was read, by the server's clock.
    ``last_turn`` is the highest turn that any data migration had when :func:`lock_row` took this row; 0 before the
    first.
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
    batch_size: int | None = None
    throttled_ms: int | None = None
    quarantined: int | None = None
    parted: int | None = None
    waived: int | None = None
    marks: str | None = None
    open_ranges: int = 0
    last_turn: int = field(default=0, compare=False)
    control: Control = field(default_factory=Control)
    read_at: datetime | None = None

    @property
    def written_by(self) -> tuple[str | None, int]:
        """Names the write that left the row like this."""
        return self.run_id, self.batch_number

    @property
    def held_up(self) -> int:
        """How many parked rows hold contract up."""
        return max(0, (self.quarantined or 0) - (self.waived or 0))


_NOT_STORED = ("control", "open_ranges", "last_turn", "read_at")
_COLUMNS = tuple(one.name for one in fields(DataRow) if one.name not in _NOT_STORED)


def read_rows(store: Store, connection: Connection, *, there: bool = False) -> Mapping[str, DataRow]:
    """All rows by name; empty when our tables don't exist.  Changes nothing, waits for nobody.

    Tables that an older migrator made are read as far as they go.

    Args:
        there: the tables are known to be there and complete; the catalogue isn't asked.
    """
    present = None if there else store.columns(connection, store.tables.data_migration)
    if present is not None and not present:
        return {}
    wanted = store.statement("read data rows", lambda: _select(store)) if there else _select(store, present)
    rows = connection.execute(wanted).mappings().all()
    found = {row["name"]: _row(row) for row in rows}
    return _with_ranges(store, connection, found) if any(row.parted for row in found.values()) else found


def _with_ranges(store: Store, connection: Connection, rows: Mapping[str, DataRow]) -> Mapping[str, DataRow]:
    """The rows with what was done in their ranges so far."""
    columns = store.tables.data_range.c
    counted = ("tried", "done", "failed", "busy_ms")
    sums = [sa.func.sum(columns[name]).label(name) for name in counted]
    unfinished = sa.func.sum(sa.case((columns.finished.is_(sa.false()), 1), else_=0)).label("open_ranges")
    wanted = sa.select(columns.migration, unfinished, *sums).group_by(columns.migration)
    found = dict(rows)
    for one in connection.execute(wanted).mappings():
        row = rows.get(one["migration"])
        if row is not None and row.parted:
            tried, done, failed, busy = (int(one[name]) for name in counted)
            found[row.name] = replace(
                row,
                open_ranges=int(one["open_ranges"]),
                found=row.found + tried,
                done=row.done + done,
                failed=row.failed + failed,
                pass_tried=row.pass_tried + tried,
                pass_done=row.pass_done + done,
                busy_ms=row.busy_ms + busy,
            )
    return found


def lock_row(store: Store, connection: Connection, name: str) -> DataRow:
    """The row, locked to the end of the caller's transaction.

    Locks: the row, waited for up to the lock timeout; on SQLite the caller's BEGIN IMMEDIATE holds the file.
    """
    statement = store.statement("lock data row", lambda: _locking(store))
    return _row(connection.execute(statement, {"row_name": name}).mappings().one())


def _locking(store: Store) -> sa.Select[Any]:
    table = store.tables.data_migration
    others = table.alias("migrator_others")
    last = sa.select(sa.func.coalesce(sa.func.max(others.c.turn), 0)).scalar_subquery().label("last_turn")
    return _select(store).add_columns(last).where(table.c.name == sa.bindparam("row_name")).with_for_update()


def add_rows(store: Store, connection: Connection, names: Iterable[str]) -> None:
    """Insert rows for names that have none, in the caller's transaction.

    Raises:
        DatabaseError: another runner inserted the same name first.
    """
    known = read_rows(store, connection, there=True)
    for name in names:
        if name not in known:
            connection.execute(sa.insert(store.tables.data_migration).values(**_values(store, DataRow(name=name))))


def write_row(store: Store, connection: Connection, row: DataRow, *, lazily: bool = False) -> None:
    """Write the whole row, in the caller's transaction, which has locked it.

    Args:
        lazily: the transaction's COMMIT need not wait for the disk, where the server can do that.  A crash of the
            server may then take the transaction back, as a whole and with all behind it.
    """
    statement = store.statement(f"write data row {lazily}", lambda: written_lazily(store, _writing(store), lazily))
    connection.execute(statement, {f"new_{name}": value for name, value in _stored(row).items()})


def written_lazily(store: Store, statement: sa.Update, lazily: bool) -> UpdateBase:
    """The UPDATE, which lets its transaction's COMMIT not wait for the disk if it is to."""
    lazy = store.database.pack.session.lazy_commit if lazily else None
    return statement if lazy is None else statement.returning(lazy.asked)


def _writing(store: Store) -> sa.Update:
    table = store.tables.data_migration
    values: dict[str, Any] = {name: sa.bindparam(f"new_{name}") for name in _COLUMNS if name != "name"}
    values["updated_at"] = store.database.pack.session.utc_now()
    return sa.update(table).where(table.c.name == sa.bindparam("new_name")).values(**values)


def add_quarantined(
    store: Store, connection: Connection, name: str, count: int, error_class: str, error_code: str
) -> None:
    """Count rows that were parked in a range, and say why the first one was; in the caller's transaction.

    Locks: the row.
    """
    table = store.tables.data_migration
    more = sa.func.coalesce(table.c.quarantined, 0) + count
    told = {"error_class": error_class[:128], "error_code": error_code[:64]}
    connection.execute(sa.update(table).where(table.c.name == name).values(quarantined=more, **told))


def write_turn(store: Store, connection: Connection, name: str, marks: str | None) -> None:
    """Give the turn to the others, where batches don't write the row; in the caller's transaction.

    Locks: the row.
    """
    table = store.tables.data_migration
    last = connection.execute(sa.select(sa.func.max(table.c.turn))).scalar() or 0
    told = {"turn": int(last) + 1, "marks": marks}
    connection.execute(sa.update(table).where(table.c.name == name).values(**told))


def read_progress(store: Store, connection: Connection) -> Mapping[str, DataProgress]:
    """What is known of each data migration that has ever run, by name; empty when our tables don't exist."""
    return {name: progress_of(row) for name, row in read_rows(store, connection).items()}


def progress_of(row: DataRow) -> DataProgress:
    """What our table says of a data migration."""
    return DataProgress(
        name=row.name,
        state=_wanted(row),
        found=row.found,
        done=row.done,
        failed=row.failed,
        rate=row.done * 1000 / row.busy_ms if row.busy_ms else None,
        done_ever=row.done,
        batch_size=row.batch_size,
        throttled=(row.throttled_ms or 0) * _MILLISECOND,
        quarantined=row.held_up,
        waived=row.waived or 0,
        held_by=row.control.held_by,
        commits_itself=row.commits_itself,
        error_class=row.error_class or "",
        error_code=row.error_code or "",
    )


def _wanted(row: DataRow) -> DataState:
    if row.state.settled or not row.control.wanted:
        return row.state
    return DataState.CANCELLED if row.control.cancelled else DataState.PAUSED


def _select(store: Store, present: Collection[str] | None = None) -> sa.Select[Any]:
    columns = store.tables.data_migration.c
    names = [name for name in _COLUMNS if present is None or name in present]
    return sa.select(*(columns[name] for name in names), *control_columns(store, present))


def _row(row: sa.RowMapping) -> DataRow:
    values: dict[str, Any] = {name: value for name, value in row.items() if name not in (*CONTROL_COLUMNS, "now")}
    # A state that a newer migrator invented means nothing to us.
    state = DataState(values["state"]) if values["state"] in set(DataState) else DataState.PENDING
    return DataRow(**{**values, "state": state, "control": control_of(row), "read_at": row.get("now")})


def _values(store: Store, row: DataRow) -> dict[str, Any]:
    return {**_stored(row), "updated_at": store.database.pack.session.utc_now()}


def _stored(row: DataRow) -> dict[str, Any]:
    return {**{name: getattr(row, name) for name in _COLUMNS}, "state": row.state.value}
