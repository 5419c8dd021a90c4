"""MySQL 8.4 and 9, MariaDB 10.11; MariaDB inherits what is the same."""

from __future__ import annotations

from migrator.dialects.base import Pack
from migrator.dialects.mysql.catalogue import MySQLCatalogue
from migrator.dialects.mysql.clients import MySQLClients
from migrator.dialects.mysql.errors import MySQLErrors
from migrator.dialects.mysql.explaining import MySQLExplain
from migrator.dialects.mysql.fence import MySQLFence
from migrator.dialects.mysql.keys import MySQLKeys
from migrator.dialects.mysql.locks import MySQLLocks
from migrator.dialects.mysql.session import MariaDBSession, MySQLSession
from migrator.dialects.mysql.throttle import MySQLThrottle
from migrator.dialects.mysql.writing import MySQLWriting


def pack(name: str) -> Pack:
    """The pack of ``mysql`` or ``mariadb``."""
    return Pack(
        name=name,
        session=MariaDBSession() if name == "mariadb" else MySQLSession(),
        errors=MySQLErrors(),
        locks=MySQLLocks(),
        catalogue=MySQLCatalogue(),
        keys=MySQLKeys(),
        explain=MySQLExplain(),
        fence=MySQLFence(),
        throttle=MySQLThrottle(),
        clients=MySQLClients(),
        writing=MySQLWriting(),
    )
