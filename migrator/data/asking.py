"""What a run asks of the rows between batches: how many are to try, and whether there is one at all."""

from __future__ import annotations

from sqlalchemy import Connection

from migrator.data.lane import Lane
from migrator.data.quarantine import rows_to_try
from migrator.data.remaining import any_remaining, remaining
from migrator.data.watermark import decode
from migrator.state.data_progress import DataRow
from migrator.state.store import Store


def count_to_try(store: Store, connection: Connection, lane: Lane, row: DataRow) -> int:
    """Count the rows still to do, without those that are parked.  Reads the whole table where no index helps.

    Raises: as :func:`migrator.data.remaining.remaining`.
    """
    if row.state.settled and not any_remaining(connection, lane.migration):
        return 0
    if lane.rows is None or not row.quarantined:
        return remaining(connection, lane.migration)
    return rows_to_try(store, connection, lane.rows, row).count(connection)


def row_behind(store: Store, connection: Connection, lane: Lane, row: DataRow) -> bool:
    """Whether a row is to do behind the watermark, which the key tells at once; False says nothing of other rows."""
    if lane.rows is None or lane.last is None or row.pass_size is None or row.watermark is None:
        return False
    rows = rows_to_try(store, connection, lane.rows, row)
    return rows.nth(connection, 1, behind=decode(row.watermark)) is not None
