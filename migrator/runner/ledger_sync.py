"""Mend the ledger from the version table: what was stamped or applied past us is recorded, never the reverse."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from migrator.errors import AheadError
from migrator.model.database import DatabaseIdentity
from migrator.model.ledger import Event, applied_entries
from migrator.runner.listening import Listener
from migrator.runner.run_options import RunOptions
from migrator.runner.schema_run import schema_run
from migrator.scripts.environment import Target
from migrator.state.ledger import read_ledger, write_ledger
from migrator.state.store import Store


@dataclass(frozen=True, kw_only=True)
class SyncReport:
    """``added``: applied by the version table, unknown to the ledger; ``removed``: the other way round."""

    database: DatabaseIdentity
    added: tuple[str, ...]
    removed: tuple[str, ...]


def sync(target: Target, store: Store, listener: Listener, *, wait: timedelta | None = None) -> SyncReport:
    """Record the difference between version table and ledger.

    Raises:
        AheadError: the version table names revisions that these scripts don't have: their ancestors can't be known.
    """
    graph = target.project.graph
    with target.database.autocommit("position") as connection:
        unknown = [head for head in target.heads(connection) if head not in graph.revisions]
        before = len(read_ledger(store, connection))
    if unknown:
        raise AheadError(
            f"the version table names {', '.join(unknown)}, which these scripts don't have",
            remedy="run `migrator ledger sync` from the release that has them",
        )
    with schema_run(target, store, listener, RunOptions(wait=wait)) as run:
        position = run.position()  # schema_run has recorded what was missing
        recorded = applied_entries(position.ledger)
        gone = [entry for one, entry in recorded.items() if one not in position.applied]
        with target.database.transaction("ledger") as connection:
            owner = target.database.owner
            write_ledger(
                store,
                connection,
                [replace(entry, event=Event.ABORTED, by=owner, reason="ledger sync") for entry in gone],
            )
    added = [entry.revision for entry in position.ledger[before:]]
    return SyncReport(
        database=target.database.identity, added=tuple(added), removed=tuple(entry.revision for entry in gone)
    )
