"""``migrator online-data-migrations``."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from migrator.commands.opening import Opening
from migrator.data.quarantine import DEFAULT_MOST_ERRORS
from migrator.data.run import run
from migrator.db.clock import SystemClock
from migrator.model.data import DataProgress, DataReport
from migrator.model.database import DatabaseIdentity
from migrator.runner.data_pace import pace_of
from migrator.runner.data_scope import expands_by_change, load, never_asked
from migrator.runner.position import read_position
from migrator.runner.service_view import DataGates, ServiceView
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
    max_errors: int = DEFAULT_MOST_ERRORS,
    say: Callable[[str], None] = lambda _: None,
) -> tuple[DatabaseIdentity, DataReport]:
    """Run the online data migrations in turns, at most ``max_count`` rows in all; None runs until done.

    Args:
        full_speed: without rests and default throttle signals.
        max_time: end after so long.
        max_errors: how many rows of a data migration may fail by themselves before the run leaves it.
        say: told of throttle signals that the server doesn't show.

    Raises:
        ConfigurationError: the data modules can't be used, or ``only`` names none of them.
        AheadError: the database is ahead of this code and incompatible.
    """

    def work(target: Target, store: Store) -> tuple[DatabaseIdentity, DataReport]:
        target.database.clock = SystemClock(stop)  # a pause before a retry ends with the run
        pace = pace_of(target.project, full_speed=full_speed, max_time=max_time)
        migrations = load(target.project)
        with target.database.autocommit("position") as connection:
            position = read_position(target, store, connection)
        changes = expands_by_change(position.graph)
        report = run(
            store,
            migrations,
            applied=position.applied,
            retired=never_asked(store, position, migrations),
            changes=changes,
            gate=DataGates(view=ServiceView(target=target, store=store), expands=changes),
            max_count=max_count,
            max_errors=max_errors,
            only=only,
            pace=pace,
            stop=stop,
            progress=progress,
            say=say,
        )
        return target.database.identity, replace(report, notes=position.notes)

    return opening.run(work)
