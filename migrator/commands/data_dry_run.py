"""``migrator online-data-migrations --dry-run``."""

from __future__ import annotations

from migrator.commands.opening import Opening
from migrator.data.dry_run import dry_run
from migrator.model.data_plan import NO_LIMITS, DataDryRun, Limits
from migrator.model.database import DatabaseIdentity
from migrator.runner.data_asked import asked_of
from migrator.runner.data_pace import pace_of
from migrator.scripts.environment import Target
from migrator.state.store import Store


def data_dry_run(
    opening: Opening, *, only: str | None, full_speed: bool, limits: Limits = NO_LIMITS
) -> tuple[DatabaseIdentity, DataDryRun]:
    """What a run would ask and send, by which indexes, and how long it might take.  Nothing is changed.

    Args:
        full_speed: estimate the time of a run without rests.
        limits: what the run would be bounded by.

    Locks: the rows of up to three small batches for each data migration, rolled back one after the other.

    Raises:
        ConfigurationError: the data modules can't be used, or ``only`` names none of them; several workers where one
            connection at a time may write.
    """

    def work(target: Target, store: Store) -> tuple[DatabaseIdentity, DataDryRun]:
        pace = pace_of(target.project, full_speed=full_speed, max_time=None)
        asked = asked_of(target, store)
        found = dry_run(
            store,
            asked.migrations,
            applied=asked.position.applied,
            retired=asked.retired,
            changes=asked.changes,
            gate=asked.gate,
            only=only,
            rests=pace.rests,
            limits=limits,
        )
        return target.database.identity, found

    return opening.run(work)
