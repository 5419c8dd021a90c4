"""``db_sync``: run a phase, or everything."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from migrator.changeset.versions import opening
from migrator.commands.contract import contract
from migrator.commands.expand import expand
from migrator.commands.online_data_migrations import online_data_migrations
from migrator.commands.opening import Opening
from migrator.commands.upgrade import upgrade
from migrator.errors import MaxCountError, UsageError
from migrator.model.data import DataProgress, DataReport
from migrator.model.exit_code import ExitCode
from migrator.model.report import PhaseReport
from migrator.runner.listening import Silent


@dataclass(frozen=True, kw_only=True)
class Synced:
    """What a ``db_sync`` did.

    Attributes:
        exit_code: what the command of the same phase would exit with; 0 is done.
        phases: revisions applied, blocked and pending; None where only data was asked for.
        data: a report for each run of data migrations; empty where none ran.
    """

    exit_code: ExitCode
    phases: PhaseReport | None = None
    data: tuple[DataReport, ...] = ()


def db_sync(
    phase: str | None = None,
    *,
    config: str | Path | None = None,
    database_url: str | None = None,
    max_count: int | None = None,
) -> Synced:
    """Run a phase: ``"expand"``, ``"data"`` or ``"contract"``; None brings a new, restored or offline database to the
    newest state.  Safe to run twice, to kill, and from many places at once.

    Args:
        phase: a word, or a :class:`migrator.model.phase.Phase`.
        config: alembic.ini or pyproject.toml; None looks in the working directory.
        database_url: this database instead of env.py's.
        max_count: try at most so many rows in this call; for ``"data"`` only.

    Returns:
        The report.  A closed contract (4) and rows that remain (1, 2) are in its ``exit_code``, not raised.

    Raises:
        UsageError: an unknown phase, or ``max_count`` for another phase than ``"data"``.
        MaxCountError: ``max_count`` is not a whole number above 0.
        MigratorError: whatever the phase's command ends with otherwise; ``exit_code`` is on the error.
    """
    runner = _RUNNERS.get(phase)
    if runner is None:
        raise UsageError(
            f"db_sync runs no phase {str(phase)!r}",
            remedy='db_sync("expand"), db_sync("data"), db_sync("contract"), or db_sync() for everything in order',
        )
    if max_count is not None:
        _refuse_count(phase, max_count)
    return runner(opening(config, database_url), max_count)


def _refuse_count(phase: str | None, max_count: int) -> None:
    if phase != "data":
        raise UsageError(
            'max_count counts the rows of data migrations, and only db_sync("data") takes it',
            remedy=f'db_sync("data", max_count={max_count!r})',
        )
    if isinstance(max_count, bool) or not isinstance(max_count, int) or max_count < 1:
        raise MaxCountError(
            "max_count must be a whole number above 0", remedy='db_sync("data", max_count=50000), or leave it out'
        )


def _expand(opened: Opening, max_count: int | None) -> Synced:
    report = expand(opened, Silent())
    return Synced(exit_code=report.exit_code, phases=report)


def _contract(opened: Opening, max_count: int | None) -> Synced:
    report = contract(opened, Silent())
    return Synced(exit_code=report.exit_code, phases=report)


def _data(opened: Opening, max_count: int | None) -> Synced:
    _, report = online_data_migrations(
        opened, max_count=max_count, only=None, stop=threading.Event(), progress=_unheard
    )
    return Synced(exit_code=report.exit_code, data=(report,))


def _everything(opened: Opening, max_count: int | None) -> Synced:
    result = upgrade(opened, Silent(), stop=threading.Event(), progress=_unheard)
    return Synced(exit_code=result.phases.exit_code, phases=result.phases, data=result.data)


def _unheard(progress: DataProgress) -> None:
    """Nobody listens."""


_RUNNERS: Mapping[str | None, Callable[[Opening, int | None], Synced]] = {
    "expand": _expand,
    "data": _data,
    "contract": _contract,
    None: _everything,
}
