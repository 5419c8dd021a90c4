"""How the guard refuses: in the way that Alembic's commands tell of errors."""

from __future__ import annotations

from alembic.util.exc import CommandError


class GuardRefusedError(CommandError):
    """Alembic prints it as ``FAILED: <message>`` and exits with 255."""
