"""SQLite has no server that could tell of its load."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import Connection

from migrator.dialects.throttle import Running, ThrottleRules


class SQLiteThrottle(ThrottleRules):
    """Nothing is shown."""

    has_sessions = False

    def blocked(self, connection: Connection, sessions: Sequence[str]) -> int | None:
        return None

    def active(self, connection: Connection, ours: Sequence[str] = ()) -> Running | None:
        return None

    def lag_here(self, connection: Connection) -> timedelta | None:
        return None
