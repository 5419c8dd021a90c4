"""The journal: which statements of an unfinished revision are done.

A row stands for one statement: the digest of its normalised text and its count among equals.  Its rows go when the
revision's version row comes, in the same transaction.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import Connection

from migrator.state.store import Store

STARTED = "started"
DONE = "done"
FAILED = "failed"
_LONGEST = 255


@dataclass(frozen=True, kw_only=True)
class JournalKey:
    """A statement of a revision, known by what it says and not by where it stands."""

    digest: str
    nth: int


def digest_of(statement: str) -> str:
    """SHA-256 of the statement with its white space folded."""
    return hashlib.sha256(" ".join(statement.split()).encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class JournalEntry:
    """A step of an earlier, unfinished run.

    ``state`` is ``started``, ``done`` or ``failed`` (the server refused it); ``session`` is the server's name of the
    session that ran it; ``statement`` is its text without literals, cut, empty where it changes rows.
    """

    state: str
    session: str
    statement: str


def read_journal(store: Store, connection: Connection, revision: str) -> Mapping[JournalKey, JournalEntry]:
    """Step → what is known of it, in the order of first writing; empty when nothing is unfinished."""
    journal = store.tables.journal
    rows = connection.execute(
        sa.select(journal.c.digest, journal.c.nth, journal.c.state, journal.c.server_session, journal.c.statement)
        .where(journal.c.revision == revision)
        .order_by(journal.c.id)
    )
    return {
        JournalKey(digest=row.digest, nth=row.nth): JournalEntry(
            # A newer migrator's word says nothing of the outcome: the catalogue is asked, nothing is sent again blind.
            state=row.state if row.state in (DONE, FAILED) else STARTED,
            session=row.server_session,
            statement=row.statement or "",
        )
        for row in rows
    }


def write_journal(
    store: Store,
    connection: Connection,
    revision: str,
    key: JournalKey,
    state: str,
    *,
    run_id: str,
    session: str,
    statement: str = "",
) -> None:
    """Insert or move a row to ``state``, in the caller's transaction; ``statement`` as in :class:`JournalEntry`."""
    journal = store.tables.journal
    now = store.database.pack.session.utc_now()
    same = (journal.c.revision == revision) & (journal.c.digest == key.digest) & (journal.c.nth == key.nth)
    changed = connection.execute(
        sa.update(journal).where(same).values(state=state, server_session=session, run_id=run_id, at=now)
    )
    if changed.rowcount:
        return
    connection.execute(
        sa.insert(journal).values(
            revision=revision,
            digest=key.digest,
            nth=key.nth,
            state=state,
            run_id=run_id,
            server_session=session,
            statement=statement[:_LONGEST],
            at=now,
        )
    )


def clear_journal(store: Store, connection: Connection, revision: str) -> None:
    """Forget the statements of a finished revision, in the caller's transaction."""
    journal = store.tables.journal
    connection.execute(sa.delete(journal).where(journal.c.revision == revision))


def unfinished(store: Store, connection: Connection) -> tuple[str, ...]:
    """Revisions with journal rows, in order of their first row; empty when there are none or no tables."""
    if not store.exists(connection):
        return ()
    journal = store.tables.journal
    rows = connection.execute(
        sa.select(journal.c.revision).group_by(journal.c.revision).order_by(sa.func.min(journal.c.id))
    )
    return tuple(rows.scalars())
