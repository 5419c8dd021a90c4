"""``migrator upgrade``."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

from migrator.commands.opening import Opening
from migrator.executor.statements import Assume
from migrator.model.data import DataProgress
from migrator.runner.listening import Listener
from migrator.runner.upgrade import UpgradeResult
from migrator.runner.upgrade import upgrade as run_upgrade


def upgrade(
    opening: Opening,
    listener: Listener,
    *,
    stop: threading.Event,
    progress: Callable[[DataProgress], None],
    wait: timedelta | None = None,
    assume: Assume | None = None,
) -> UpgradeResult:
    """Bring a database to the newest state: trunk, expand, data, contract in dependency order.

    Raises: as :func:`migrator.runner.upgrade.upgrade`.
    """
    return opening.run(
        lambda target, store: run_upgrade(
            target, store, listener, stop=stop, progress=progress, wait=wait, assume=assume
        )
    )
