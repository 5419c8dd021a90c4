"""SQLite 3.35 and newer, through sqlite3 or aiosqlite."""

from __future__ import annotations

from migrator.dialects.base import Pack
from migrator.dialects.sqlite.catalogue import SQLiteCatalogue
from migrator.dialects.sqlite.clients import SQLiteClients
from migrator.dialects.sqlite.errors import SQLiteErrors
from migrator.dialects.sqlite.explaining import SQLiteExplain
from migrator.dialects.sqlite.fence import SQLiteFence
from migrator.dialects.sqlite.keys import SQLiteKeys
from migrator.dialects.sqlite.locks import SQLiteLocks
from migrator.dialects.sqlite.session import SQLiteSession
from migrator.dialects.sqlite.throttle import SQLiteThrottle
from migrator.dialects.sqlite.writing import SQLiteWriting


def pack(name: str) -> Pack:
    """The pack of ``sqlite``."""
    return Pack(
        name=name,
        session=SQLiteSession(),
        errors=SQLiteErrors(),
        locks=SQLiteLocks(),
        catalogue=SQLiteCatalogue(),
        keys=SQLiteKeys(),
        explain=SQLiteExplain(),
        fence=SQLiteFence(),
        throttle=SQLiteThrottle(),
        clients=SQLiteClients(),
        writing=SQLiteWriting(),
    )
