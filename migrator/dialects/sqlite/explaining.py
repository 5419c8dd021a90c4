"""EXPLAIN QUERY PLAN of SQLite.

Source: sqlite.org/eqp.html, which calls the text unstable: SCAN and SEARCH, and USING ... INDEX, are read and no more.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from migrator.dialects.explaining import ExplainRules
from migrator.model.data_plan import Access

_READ = re.compile(
    r"(?P<how>SCAN|SEARCH) (?:TABLE )?(?P<table>\S+)"
    r"(?:.* USING (?:(?:AUTOMATIC )?(?:PARTIAL )?(?:COVERING )?INDEX (?P<index>\S+)"
    r"|(?P<rowid>(?:INTEGER )?PRIMARY KEY)))?"
)


class SQLiteExplain(ExplainRules):
    """SQLite doesn't say how many rows it expects."""

    def _explain(self, connection: Connection, statement: str, parameters: Any) -> Sequence[Access]:
        details = [str(row[3]) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
        found = [one for one in map(_READ.match, details) if one is not None]
        return [
            Access(
                table=one["table"],
                index=(one["index"] or one["rowid"] or "") if one["how"] == "SEARCH" else "",
                how=one["how"],
            )
            for one in found
            if not one["table"].startswith("(")
        ]
