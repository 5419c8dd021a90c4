"""``migrator online-data-migrations``."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from migrator.commands.opening import Opening
from migrator.data.run import run
from migrator.db.clock import SystemClock
from migrator.model.data import DEFAULT_MOST_ERRORS, DataProgress, DataReport
from migrator.model.database import DatabaseIdentity
from migrator.runner.data_asked import asked_of
from migrator.runner.data_pace import pace_of
from migrator.scripts.environment import Target
from migrator.state.store import Store


def online_data_migrations(
    opening: Opening,
    *,
    max_count: int | None,
    only: str | None,
    stop: threading.Event,
    progress: Callable[[DataProgress], None],
    full_speed: bool = False,
    max_time: timedelta | None = None,
    workers: int | None = None,
    max_errors: int = DEFAULT_MOST_ERRORS,
    say: Callable[[str], None] = lambda _: None,
) -> tuple[DatabaseIdentity, DataReport]:
    """Run the online data migrations in turns, at most ``max_count`` rows in all; None runs until done.

    Args:
        full_speed: without rests and default throttle signals.
        max_time: end after so long.
        workers: how many share the rows of a data migration; None as it declares.
        max_errors: how many rows of a data migration may fail by themselves before the run leaves it.
        say: told of throttle signals that the server doesn't show.

    Raises:
        ConfigurationError: the data modules can't be used, or ``only`` names none of them.
        AheadError: the database is ahead of this code and incompatible.
    """

    def work(target: Target, store: Store) -> tuple[DatabaseIdentity, DataReport]:
        target.database.clock = SystemClock(stop)  # a pause before a retry ends with the run
        pace = pace_of(target.project, full_speed=full_speed, max_time=max_time)
        asked = asked_of(target, store)
        report = run(
            store,
            asked.migrations,
            applied=asked.position.applied,
            retired=asked.retired,
            changes=asked.changes,
            gate=asked.gate,
            max_count=max_count,
            max_errors=max_errors,
            only=only,
            pace=pace,
            workers=workers,
            stop=stop,
            progress=progress,
            say=say,
        )
        return target.database.identity, replace(report, notes=asked.position.notes)

    return opening.run(work)
