"""What another shell wants of a data migration, and what its runner says of why it waits.

These columns of its row are written apart from its progress: neither side overwrites the other's.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from migrator.state.store import Store

PAUSED = "paused"
CANCELLED = "cancelled"
SAID_FOR = timedelta(seconds=15)
"""How long what a runner said of its waiting counts: it says so again while it waits."""

COLUMNS = ("control", "ratio_permille", "ratio_until", "held_by", "held_at")


@dataclass(frozen=True, kw_only=True)
class Control:
    """What is wanted of a data migration.

    ``ratio`` is the share of the time in which it is to rest, from 0 to 1; ``ratio_left`` is how much longer, None for
    until it is changed.  ``held_by`` is what its runner waits for, said within the last seconds.
    """

    wanted: str = ""
    ratio: float = 0.0
    ratio_left: timedelta | None = None
    held_by: str = ""

    @property
    def paused(self) -> bool:
        return self.wanted == PAUSED

    @property
    def cancelled(self) -> bool:
        return self.wanted == CANCELLED


def control_of(row: sa.RowMapping) -> Control:
    """The control in a row of ours; columns that it doesn't have count as NULL."""
    now: Any = row.get("now")
    until, held_at = row.get("ratio_until"), row.get("held_at")
    left = None if until is None else until - now
    over = left is not None and left <= timedelta()
    recent = held_at is not None and now - held_at < SAID_FOR
    return Control(
        wanted=row.get("control") or "",
        ratio=0.0 if over else min(1.0, (row.get("ratio_permille") or 0) / 1000),
        ratio_left=None if over else left,
        held_by=(row.get("held_by") or "") if recent else "",
    )


def control_columns(store: Store, present: Collection[str] | None) -> list[sa.ColumnElement[Any]]:
    """What to select for :func:`control_of`, of the columns that are there (None: all of them)."""
    columns = store.tables.data_migration.c
    names = [name for name in COLUMNS if present is None or name in present]
    if not names:
        return []
    return [*(columns[name] for name in names), store.database.pack.session.utc_now().label("now")]


def write_wanted(store: Store, connection: Connection, name: str, wanted: str) -> None:
    """Ask for a pause or a cancel, or with an empty text for neither; in the caller's transaction.

    Locks: the row, behind the batch that runs.
    """
    _update(store, connection, name, control=wanted or None)


def write_ratio(
    store: Store, connection: Connection, name: str, ratio: float, duration: timedelta | None = None
) -> None:
    """Ask for rests: a share of the time, for so long by the server's clock (None: until changed)."""
    until = None
    if duration is not None:
        until = connection.execute(sa.select(store.database.pack.session.utc_now())).scalar_one() + duration
    _update(store, connection, name, ratio_permille=round(1000 * ratio) or None, ratio_until=until)


def write_held(store: Store, connection: Connection, name: str, held_by: str) -> None:
    """Say what the runner waits for; an empty text when it goes on."""
    moment = store.database.pack.session.utc_now() if held_by else None
    _update(store, connection, name, held_by=held_by[:255] or None, held_at=moment)


def _update(store: Store, connection: Connection, name: str, **values: Any) -> None:
    table = store.tables.data_migration
    connection.execute(sa.update(table).where(table.c.name == name).values(**values))
