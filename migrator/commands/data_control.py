"""``migrator data ...``: what one data migration is doing, and what it shall do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from migrator.commands.opening import Opening
from migrator.data import control
from migrator.data.kinds import DataMigration
from migrator.data.marks import time_left
from migrator.data.verify import verify
from migrator.data.waiving import waive
from migrator.data.watermark import shown
from migrator.errors import ConfigurationError
from migrator.model.data import DataControl, DataProgress, QuarantinedRow
from migrator.model.database import DatabaseIdentity
from migrator.model.verification import Verification
from migrator.runner.data_scope import load
from migrator.scripts.environment import Target
from migrator.state.data_progress import DataRow, progress_of, read_rows
from migrator.state.quarantine import Entry, read_entries
from migrator.state.store import Store

Change = Callable[[Store, str], None]


def data_status(opening: Opening, name: str | None) -> tuple[DatabaseIdentity, tuple[DataControl, ...]]:
    """What our table says of one data migration or of all; counts no rows and changes nothing.

    Raises:
        ConfigurationError: there is no such data migration.
    """

    def work(target: Target, store: Store) -> tuple[DatabaseIdentity, tuple[DataControl, ...]]:
        migrations = load(target.project)
        if name is not None:
            control.find(store, name, [one.name for one in migrations])
        return target.database.identity, _read(store, migrations, name)

    return opening.run(work)


def change(opening: Opening, name: str, how: Change) -> tuple[DatabaseIdentity, DataControl]:
    """Do one of :mod:`migrator.data.control` to a data migration, and say what it is now.

    Raises:
        ConfigurationError: there is no such data migration.
        ClosedError: it is cancelled.
        LockTimeoutError: a batch of it holds its row for too long.
    """

    def work(target: Target, store: Store) -> tuple[DatabaseIdentity, DataControl]:
        migrations = load(target.project)
        control.find(store, name, [one.name for one in migrations])
        how(store, name)
        (now,) = _read(store, migrations, name)
        return target.database.identity, now

    return opening.run(work)


def data_verify(opening: Opening, name: str) -> tuple[DatabaseIdentity, Verification]:
    """What the predicate of a data migration and its invariant find now, and how both sides of a copy compare; changes
    nothing.  Reads the whole table where no index helps the predicate.

    Raises:
        ConfigurationError: there is no such data migration in the scripts, or it has no predicate.
    """

    def work(target: Target, store: Store) -> tuple[DatabaseIdentity, Verification]:
        migrations = {one.name: one for one in load(target.project)}
        if name not in migrations:
            raise ConfigurationError(
                f"there is no data migration called {name!r} (there are: {', '.join(sorted(migrations)) or 'none'})",
                remedy="migrator data status",
            )
        with target.database.autocommit("data verify") as connection:
            return target.database.identity, verify(store, connection, migrations[name])

    return opening.run(work)


def throttled(ratio: float, duration: timedelta | None) -> Change:
    """The change that ``data throttle`` makes."""
    return lambda store, name: control.throttle(store, name, ratio, duration)


def waived(opening: Opening, name: str, keys: Sequence[str], reason: str) -> tuple[DatabaseIdentity, DataControl]:
    """Let contract open although rows in quarantine are still to do, and say where the data migration stands now.

    Raises:
        ConfigurationError: there is no such data migration.
        UsageError: as :func:`migrator.data.waiving.waive`.
    """

    def work(target: Target, store: Store) -> tuple[DatabaseIdentity, DataControl]:
        migrations = load(target.project)
        control.find(store, name, [one.name for one in migrations])
        belongs_to = next((one.change for one in migrations if one.name == name), "")
        waive(store, name, reason=reason, keys=keys, change=belongs_to, release=target.project.settings.release)
        (now,) = _read(store, migrations, name)
        return target.database.identity, now

    return opening.run(work)


def _read(store: Store, migrations: Sequence[DataMigration], name: str | None) -> tuple[DataControl, ...]:
    def read() -> Mapping[str, DataRow]:
        with store.database.autocommit("data status") as connection:
            return read_rows(store, connection)

    rows = control.patiently(store, read)
    names = [one.name for one in migrations]
    names += sorted(set(rows) - set(names))
    declared = {one.name: one for one in migrations}
    found = tuple(_status(one, rows.get(one), declared.get(one)) for one in names if name in (None, one))
    return found if name is None else tuple(replace(one, quarantine=_quarantine(store, name)) for one in found)


def _quarantine(store: Store, name: str) -> tuple[QuarantinedRow, ...]:
    def read() -> Sequence[Entry]:
        with store.database.autocommit("data status") as connection:
            return read_entries(store, connection, name) if store.has(connection, store.tables.quarantine) else ()

    return tuple(
        QuarantinedRow(
            key=shown(one.row_key),
            error_class=one.error_class,
            error_code=one.error_code,
            constraint=one.constraint,
            attempts=one.attempts,
            parked=one.parked,
            waived_at=one.waived_at,
            waived_by=one.waived_by,
            waived_reason=one.waived_reason,
        )
        for one in control.patiently(store, read)
    )


def _status(name: str, row: DataRow | None, migration: DataMigration | None) -> DataControl:
    row = row or DataRow(name=name)
    progress: DataProgress = progress_of(row)
    if migration is not None:
        progress = replace(progress, kind=migration.kind, change=migration.change)
    left = None if row.pass_size is None else max(0, row.pass_size - row.pass_done)
    return DataControl(
        progress=replace(progress, remaining=0 if row.state.settled else left, eta=time_left(row, left)),
        ratio=row.control.ratio,
        ratio_left=row.control.ratio_left,
    )
