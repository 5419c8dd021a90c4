"""How many rows, or pages, the server says that it touched: a counter, so that a test of costs needs no clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

# Pages of a table and of its indexes that this session fetched, and that the server hasn't yet added to its totals.
_PAGES = """
SELECT sum(pg_stat_get_xact_blocks_fetched(c.oid)) FROM pg_class c
WHERE c.oid = to_regclass(:table) OR c.oid IN (SELECT indexrelid FROM pg_index WHERE indrelid = to_regclass(:table))
"""


@dataclass(kw_only=True)
class Touched:
    """Counts what each transaction that writes to ``table`` touched, for all connections of an engine.

    PostgreSQL counts pages of the table and its indexes, MySQL and MariaDB the rows that their handlers read.
    """

    table: str
    each: list[int] = field(default_factory=list)
    _before: int = 0
    _writes: bool = False
    _asks: bool = False

    def watch(self, engine: sa.Engine) -> None:
        """Begin to count."""
        sa.event.listen(engine, "begin", self._begin)
        sa.event.listen(engine, "commit", self._commit)
        sa.event.listen(engine, "before_cursor_execute", self._execute)

    def _begin(self, connection: sa.Connection) -> None:
        self._writes = False
        self._before = self._now(connection)

    def _commit(self, connection: sa.Connection) -> None:
        if self._writes:
            self.each.append(self._now(connection) - self._before)

    def _execute(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        self._writes = self._writes or f"UPDATE {self.table} " in statement

    def _now(self, connection: sa.Connection) -> int:
        if connection.dialect.name == "postgresql":
            return int(connection.execute(sa.text(_PAGES), {"table": self.table}).scalar() or 0)
        rows = connection.execute(sa.text("SHOW SESSION STATUS LIKE 'Handler_read%'"))
        return sum(int(row[1]) for row in rows)
