"""PostgreSQL 14 to 18, through psycopg2, psycopg 3 or asyncpg."""

from __future__ import annotations

from migrator.dialects.base import Pack
from migrator.dialects.postgresql.catalogue import PostgreSQLCatalogue
from migrator.dialects.postgresql.clients import PostgreSQLClients
from migrator.dialects.postgresql.errors import PostgreSQLErrors
from migrator.dialects.postgresql.explaining import PostgreSQLExplain
from migrator.dialects.postgresql.fence import PostgreSQLFence
from migrator.dialects.postgresql.keys import PostgreSQLKeys
from migrator.dialects.postgresql.locks import PostgreSQLLocks
from migrator.dialects.postgresql.session import PostgreSQLSession
from migrator.dialects.postgresql.throttle import PostgreSQLThrottle
from migrator.dialects.postgresql.writing import PostgreSQLWriting


def pack(name: str) -> Pack:
    """The pack of ``postgresql``."""
    return Pack(
        name=name,
        session=PostgreSQLSession(),
        errors=PostgreSQLErrors(),
        locks=PostgreSQLLocks(),
        catalogue=PostgreSQLCatalogue(),
        keys=PostgreSQLKeys(),
        explain=PostgreSQLExplain(),
        fence=PostgreSQLFence(),
        throttle=PostgreSQLThrottle(),
        clients=PostgreSQLClients(),
        writing=PostgreSQLWriting(),
    )
