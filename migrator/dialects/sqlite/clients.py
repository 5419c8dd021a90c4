"""A file has no sessions."""

from __future__ import annotations

from sqlalchemy import Connection

from migrator.dialects.base import ClientRules
from migrator.model.database import ClientName


class SQLiteClients(ClientRules):
    def names(self, connection: Connection) -> tuple[ClientName, ...] | None:
        return ()
