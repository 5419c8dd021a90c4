"""What an instance says of itself, beat by beat.  Knows no thread, no loop and no engine."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection

from migrator.model.service import Service
from migrator.services.trouble import LOG
from migrator.state import services


class Pulse:
    """The words of one instance, each for one transaction."""

    def __init__(self, service: Service, table: sa.Table) -> None:
        self.service = service
        self.table = table
        self._written = False

    def beat(self, connection: Connection, now: ColumnElement[datetime]) -> None:
        """The first time the whole row, then one UPDATE; a row that is gone is written again."""
        if self._written:
            if services.beat(connection, self.table, now, self.service):
                return
            LOG.info("service %s was forgotten and still lives: it registers again", self.service.label)
        services.write_service(connection, self.table, now, self.service)
        self._written = True

    def leave(self, connection: Connection, now: ColumnElement[datetime]) -> None:
        """The last word."""
        services.stop(connection, self.table, now, self.service)
