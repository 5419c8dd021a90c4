"""Connection attributes, as ``performance_schema`` keeps them where it is on (MariaDB: off by default).

Attributes whose names begin with an underscore are the driver's own (MySQL manual, "Performance Schema Connection
Attribute Tables"); the others are the application's.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from migrator.dialects.base import ClientRules
from migrator.model.database import ClientName

_ON = sa.text("SELECT @@performance_schema")
_NAMES = sa.text(
    "SELECT attrs.PROCESSLIST_ID, attrs.ATTR_VALUE FROM performance_schema.session_connect_attrs AS attrs"
    " JOIN performance_schema.threads ON threads.PROCESSLIST_ID = attrs.PROCESSLIST_ID"
    " WHERE threads.PROCESSLIST_DB = DATABASE() AND attrs.PROCESSLIST_ID <> CONNECTION_ID()"
    " AND LEFT(attrs.ATTR_NAME, 1) <> '_' AND attrs.ATTR_VALUE <> ''"
)


class MySQLClients(ClientRules):
    def names(self, connection: Connection) -> tuple[ClientName, ...] | None:
        if not connection.execute(_ON).scalar():
            return None
        try:
            rows = connection.execute(_NAMES).all()
        except DBAPIError:  # this role may not read performance_schema
            return None
        return tuple(ClientName(session=str(session), name=str(name)) for session, name in rows)
