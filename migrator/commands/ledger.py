"""``migrator ledger`` and ``migrator ledger sync``."""

from __future__ import annotations

from datetime import timedelta

from migrator.commands.opening import Opening
from migrator.model.database import DatabaseIdentity
from migrator.model.ledger import LedgerEntry
from migrator.runner.ledger_sync import SyncReport, sync
from migrator.runner.listening import Listener
from migrator.scripts.environment import Target
from migrator.state.ledger import read_ledger
from migrator.state.store import Store


def ledger(opening: Opening) -> tuple[DatabaseIdentity, tuple[LedgerEntry, ...]]:
    """What was done to this database, oldest first; empty when migrator never wrote to it.  Changes nothing."""

    def work(target: Target, store: Store) -> tuple[DatabaseIdentity, tuple[LedgerEntry, ...]]:
        with target.database.autocommit("ledger") as connection:
            return target.database.identity, read_ledger(store, connection)

    return opening.run(work)


def ledger_sync(opening: Opening, listener: Listener, *, wait: timedelta | None = None) -> SyncReport:
    """Mend the ledger from the version table, never the reverse.

    Raises: as :func:`migrator.runner.ledger_sync.sync`.
    """
    return opening.run(lambda target, store: sync(target, store, listener, wait=wait))
