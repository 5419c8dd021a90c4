"""``migrator status``."""

from __future__ import annotations

from migrator.commands.opening import Opening
from migrator.model.report import StatusReport
from migrator.runner.status import status as run_status


def status(opening: Opening) -> StatusReport:
    """Where each change is, what blocks it and what to run next.  Changes nothing.

    Raises: as :func:`migrator.runner.status.status`.
    """
    return opening.run(run_status)
