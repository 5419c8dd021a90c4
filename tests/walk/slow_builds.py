"""An index on a small table whose build takes as long as a test wants, on each server."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cached_property

from migrator.testing import Catalogue, catalogue
from tests.support import items
from tests.support.database import Database
from tests.support.project import Project

ROWS = 200
INDEX = "ix_item_slow"
_POSTGRESQL = """
CREATE OR REPLACE FUNCTION slow(value integer) RETURNS integer IMMUTABLE LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_sleep({seconds}); RETURN value; END $$
"""
_SLOW = {"postgresql": '[sa.text("slow(id)")]', "mysql": '["slow"]'}
# How a row is slow where no function may sleep: its checksum is that of a long text, made anew for each row.
_COSTLY = "crc32(repeat(name, {times}))"
_FIRST_TIMES = 20_000
_MOST_TIMES = 300_000  # a longer text would not fit into MariaDB's max_allowed_packet
_SEEN = {
    "postgresql": (
        "SELECT pid, extract(epoch FROM clock_timestamp() - query_start) FROM pg_stat_activity"
        " WHERE datname = current_database() AND state = 'active' AND query LIKE 'CREATE INDEX CONCURRENTLY%'"
    ),
    "mysql": (
        "SELECT id, time FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()"
        f" AND info LIKE '%CREATE INDEX {INDEX}%'"
    ),
}


@dataclass(frozen=True, kw_only=True)
class SlowBuild:
    """A revision ``slow`` whose index takes about so many seconds to build, or longer on a busy machine."""

    database: Database
    seconds: float

    def write(self, project: Project) -> None:
        """The table with its rows, and the revision on top."""
        items.with_items(self.database, project, rows=ROWS)
        self._prepare(self.database)
        project.revision("expand", "slow", f'op.create_index("{INDEX}", "item", {_SLOW[self.database.dialect]})')

    def plain(self, other: Database, project: Project) -> Catalogue:
        """What plain Alembic makes of the revision on an empty database: without rows it takes no time."""
        copy = project.copy(project.path.parent / "plain")
        copy.write_env(url=other.url)
        for revision in ("first", "slow"):
            done = copy.alembic("upgrade", revision)
            assert done.exit_code == 0, done.output
            if revision == "first":
                self._prepare(other)
        self.hasten(other)
        with other.engine().connect() as connection:
            return catalogue(connection)

    def hasten(self, database: Database) -> None:
        """Where that can be done, the next build takes no time."""
        if database.dialect == "postgresql":
            database.execute(_POSTGRESQL.format(seconds=0))

    def builders(self) -> frozenset[int]:
        """The sessions that build now, or wait to build."""
        return frozenset(row[0] for row in self.database.rows(_SEEN[self.database.dialect]))

    def longest(self) -> float:
        """For how many seconds the eldest of them has been at it; 0 for none."""
        return max((float(row[1]) for row in self.database.rows(_SEEN[self.database.dialect])), default=0.0)

    def _prepare(self, database: Database) -> None:
        if database.dialect == "postgresql":
            database.execute(_POSTGRESQL.format(seconds=self.seconds / ROWS))
        else:
            costly = _costly(self._times)
            database.execute(f"ALTER TABLE item ADD COLUMN slow BIGINT AS ({costly}) VIRTUAL")

    @cached_property
    def _times(self) -> int:
        """How long the text must be: this machine is asked how long a short one takes."""
        took = min(self._seconds_of_short_ones() for _ in range(5))
        return int(_FIRST_TIMES * self.seconds / took)

    def _seconds_of_short_ones(self) -> float:
        begun = time.monotonic()
        self.database.rows(f"SELECT sum({_COSTLY.format(times=_FIRST_TIMES)}) FROM item")
        return time.monotonic() - begun


def _costly(times: int) -> str:
    """An expression that costs as much as the checksum of a text of so many names."""
    parts = -(-times // _MOST_TIMES)
    return " + ".join(_COSTLY.format(times=times // parts + part) for part in range(parts))
