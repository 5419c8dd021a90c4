"""``migrator upgrade``."""

from __future__ import annotations

import threading
from collections.abc import Callable

from migrator.commands.opening import Opening
from migrator.model.data import DataProgress
from migrator.runner.listening import Listener
from migrator.runner.run_options import BY_THE_SETTINGS, RunOptions
from migrator.runner.upgrade import UpgradeResult
from migrator.runner.upgrade import upgrade as run_upgrade


def upgrade(
    opening: Opening,
    listener: Listener,
    *,
    stop: threading.Event,
    progress: Callable[[DataProgress], None],
    options: RunOptions = BY_THE_SETTINGS,
) -> UpgradeResult:
    """Bring a database to the newest state: trunk, expand, data, contract in dependency order.

    Raises: as :func:`migrator.runner.upgrade.upgrade`.
    """
    return opening.run(
        lambda target, store: run_upgrade(target, store, listener, stop=stop, progress=progress, options=options)
    )
