"""Whether a table that the settings call small is small: a setting is as old as the day on which somebody wrote it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy import Connection

from migrator.check.small_tables import SmallTables
from migrator.model.plan import Plan, TableFacts, TableName, shown_table

MOST_ROWS = 10_000
MOST_BYTES = 10 * 1024 * 1024


@dataclass(kw_only=True)
class Smallness:
    """Asks each table once.

    Attributes:
        small: what the settings say.
        facts: what the catalogue says of a table.
    """

    connection: Connection
    small: SmallTables
    facts: Callable[[str | None, str], TableFacts | None]
    _known: dict[TableName, str] = field(default_factory=dict)

    def excuses(self, plan: Plan) -> bool:
        """Whether what the plan is refused for is soon over, since its tables are small.

        Locks: those of a read of each table.
        """
        return self._is_named(plan) and not any(self.outgrown(table) for table in plan.tables)

    def why_not(self, plan: Plan) -> str:
        """To end a refusal with: that a table is not as small as the settings say; empty where they say nothing."""
        told = [self.outgrown(table) for table in sorted(plan.tables, key=shown_table)] if self._is_named(plan) else []
        return "".join(f"; {one}" for one in told if one)

    def outgrown(self, table: TableName) -> str:
        """That the table is over one of the bounds; empty where it isn't."""
        if table not in self._known:
            self._known[table] = self._measured(table)
        return self._known[table]

    def _is_named(self, plan: Plan) -> bool:
        return plan.blocking is not None and self.small.excuse(plan.blocking.rule, plan.tables)

    def _measured(self, table: TableName) -> str:
        known = self.facts(*table)
        name = shown_table(table)
        if known is None:
            return ""  # it isn't there
        if known.bytes is not None and known.bytes > MOST_BYTES:
            return f"small_tables names {name}, which has more than {MOST_BYTES // 1024**2} MB"
        # The servers' estimates of rows may be days old.
        some = sa.select(sa.literal(1)).select_from(sa.table(table[1], schema=table[0])).limit(MOST_ROWS + 1)
        rows = self.connection.execute(sa.select(sa.func.count()).select_from(some.subquery())).scalar_one()
        return f"small_tables names {name}, which has more than {MOST_ROWS} rows" if rows > MOST_ROWS else ""
