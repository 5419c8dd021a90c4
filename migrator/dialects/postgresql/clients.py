"""``application_name`` of every session, which every role may see (manual, 28.2.3: pg_stat_activity)."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Connection

from migrator.dialects.base import ClientRules
from migrator.model.database import ClientName

_NAMES = sa.text(
    "SELECT pid, application_name FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name <> ''"
)


class PostgreSQLClients(ClientRules):
    def names(self, connection: Connection) -> tuple[ClientName, ...] | None:
        return tuple(ClientName(session=str(pid), name=name) for pid, name in connection.execute(_NAMES))
