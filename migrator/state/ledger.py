"""The ledger: append-only events, written in the version row's transaction."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from migrator.model.ledger import Event, LedgerEntry
from migrator.model.phase import Phase
from migrator.state.store import Store


def read_ledger(store: Store, connection: Connection) -> tuple[LedgerEntry, ...]:
    """All entries in the order of writing; empty when our tables don't exist.  Changes nothing.

    Events and phases that a newer migrator invented are skipped.
    """
    if not store.exists(connection):
        return ()
    return entries_of(connection, store.tables.ledger)


def entries_of(connection: Connection, ledger: sa.Table) -> tuple[LedgerEntry, ...]:
    """The same from the table alone, which must be there, for those who have no :class:`Store`."""
    rows = connection.execute(sa.select(ledger).order_by(ledger.c.id)).mappings()
    return tuple(entry for row in rows if (entry := _entry(row)) is not None)


def write_ledger(store: Store, connection: Connection, entries: Iterable[LedgerEntry]) -> None:
    """Append entries in the caller's transaction."""
    now = store.database.pack.session.utc_now()
    for entry in entries:
        connection.execute(
            sa.insert(store.tables.ledger).values(
                event=entry.event.value,
                revision=entry.revision,
                phase=entry.phase.value,
                change_name=entry.change[:128],
                down_revision=json.dumps(entry.down_revision),
                depends_on=json.dumps(entry.depends_on),
                requires_data=json.dumps(entry.requires_data),
                description=entry.description[:255],
                digest=entry.digest,
                at=now,
                duration_ms=None if entry.duration is None else entry.duration // timedelta(milliseconds=1),
                by_whom=entry.by[:128],
                release=entry.release[:64],
                reason=entry.reason[:255] or None,
            )
        )


def _entry(row: Any) -> LedgerEntry | None:
    if row["event"] not in set(Event) or row["phase"] not in set(Phase):
        return None
    return LedgerEntry(
        event=Event(row["event"]),
        revision=row["revision"],
        phase=Phase(row["phase"]),
        change=row["change_name"],
        down_revision=tuple(json.loads(row["down_revision"])),
        depends_on=tuple(json.loads(row["depends_on"])),
        requires_data=tuple(json.loads(row["requires_data"])),
        description=row["description"],
        digest=row["digest"],
        at=_utc(row["at"]),
        duration=None if row["duration_ms"] is None else timedelta(milliseconds=row["duration_ms"]),
        by=row["by_whom"],
        release=row["release"],
        reason=row["reason"] or "",
    )


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
