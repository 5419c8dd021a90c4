"""Rows in quarantine that contract need not wait for, because a person said so."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import replace
from uuid import uuid4

from sqlalchemy import Connection

from migrator.data.control import changed
from migrator.data.watermark import shown
from migrator.errors import UsageError
from migrator.model.data import DataState
from migrator.model.ledger import Event, LedgerEntry
from migrator.model.phase import Phase
from migrator.state import quarantine
from migrator.state.data_progress import DataRow, write_row
from migrator.state.ledger import write_ledger
from migrator.state.quarantine import Entry
from migrator.state.store import Store

LONGEST_REASON = 200
MOST_WAIVED = 1000
"""How many rows of a data migration may be waived: the gate leaves them out by their keys, in one statement."""


def waive(
    store: Store, name: str, *, reason: str, keys: Collection[str] = (), change: str = "", release: str = ""
) -> None:
    """Let contract open although these rows in quarantine are still to do.

    No run tries them before a retry, as before; who waived them, when and why stands in our tables and in the ledger.
    Nothing happens to those that are waived already.

    Args:
        reason: up to 200 characters, not blank.
        keys: as ``data status`` shows them, or as JSON lists of the texts of their columns; empty for all rows that are
            parked.
        change: that of the data migration, for the ledger, as is ``release``.

    Locks: our row of the data migration, behind the batch that runs, tried again for up to 30 s.
    Raises:
        UsageError: nothing is in quarantine, a key names none or two of the rows there, no or too long a reason, too
            many rows.
        LockTimeoutError: a batch holds the row for too long.
    """
    reason = _proven(reason)

    def write(connection: Connection, row: DataRow) -> None:
        parked = [one for one in quarantine.read_entries(store, connection, name) if one.parked]
        chosen = [one.row_key for one in _chosen(name, parked, keys) if not one.waived]
        waived = sum(one.waived for one in parked) + len(chosen)
        if not chosen:
            return
        if waived > MOST_WAIVED:
            raise UsageError(
                f"{name}: {waived:,} rows would be waived, more than {MOST_WAIVED:,}: so many are no exception",
                remedy=f"leave them out in `where`, or mend them, then migrator data retry {name}",
            )
        by = store.database.owner
        quarantine.waive(store, connection, name, chosen, by=by, reason=reason)
        write_ledger(store, connection, [_entry(name, len(chosen), by, reason, change, release)])
        write_row(store, connection, _told(row, waived=waived, all_of_them=waived == len(parked)))

    changed(store, name, write)


def _proven(reason: str) -> str:
    reason = reason.strip()
    if not reason:
        raise UsageError(
            "no row is waived without a reason: whoever asks later why it was lost reads it",
            remedy='write --reason "customer 17 has no address any more"',
        )
    if len(reason) > LONGEST_REASON:
        raise UsageError(f"the reason is longer than {LONGEST_REASON} characters", remedy="write a shorter --reason")
    return reason


def _chosen(name: str, parked: Sequence[Entry], keys: Collection[str]) -> Sequence[Entry]:
    if not parked:
        raise UsageError(f"{name} has no row in quarantine: there is nothing to waive", remedy="migrator data status")
    if not keys:
        return parked
    by_key: dict[str, list[Entry]] = {}
    for one in parked:
        columns = shown(one.row_key)
        for text in {", ".join(columns), json.dumps(columns), json.dumps(columns, ensure_ascii=False)}:
            by_key.setdefault(text, []).append(one)
    return [_one_of(name, by_key, key) for key in dict.fromkeys(keys)]


def _one_of(name: str, by_key: dict[str, list[Entry]], key: str) -> Entry:
    found = by_key.get(key, [])
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(
            f"--key {key} may mean {len(found)} rows of {name} in quarantine",
            remedy='write the key as a JSON list, as in `migrator data status --format json`: --key \'["a", "b"]\'',
        )
    raise UsageError(
        f"--key {key}: no such row of {name} is in quarantine", remedy=f"migrator data status {name}  (shows which are)"
    )


def _told(row: DataRow, *, waived: int, all_of_them: bool) -> DataRow:
    """What is blocked is to be asked anew: what blocked it may be waived now."""
    told = replace(row, waived=waived, run_id=uuid4().hex, batch_number=row.batch_number + 1)
    if row.state is DataState.BLOCKED:
        told = replace(told, state=DataState.PENDING)
    return replace(told, error_class=None, error_code=None) if all_of_them else told


def _entry(name: str, count: int, by: str, reason: str, change: str, release: str) -> LedgerEntry:
    noun = "row" if count == 1 else "rows"
    return LedgerEntry(
        event=Event.WAIVED,
        revision="",
        phase=Phase.DATA,
        change=change,
        description=f"{name}: {count} {noun} in quarantine waived",
        by=by,
        release=release,
        reason=f"{count} {noun} of {name[:40]}: {reason}",
    )
