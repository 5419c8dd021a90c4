"""EXPLAIN of MySQL and MariaDB.

Source: MySQL manual 8.4, "EXPLAIN Output Format"; MariaDB manual, EXPLAIN.  Read on MySQL 9.7 and MariaDB 10.11.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from migrator.dialects.explaining import ExplainRules
from migrator.model.data_plan import Access

_READS_ALL = ("ALL", "index")


class MySQLExplain(ExplainRules):
    """The table form: MySQL's own default may be another one (``@@explain_format``)."""

    def _explain(self, connection: Connection, statement: str, parameters: Any) -> Sequence[Access]:
        explain = "EXPLAIN" if getattr(connection.dialect, "is_mariadb", False) else "EXPLAIN FORMAT=TRADITIONAL"
        rows = connection.exec_driver_sql(f"{explain} {statement}", parameters).mappings()
        return [
            Access(
                table=str(row["table"]),
                index="" if row["type"] in _READS_ALL else str(row["key"] or ""),
                how=str(row["type"]),
                rows=None if row["rows"] is None else int(row["rows"]),
            )
            for row in rows
            if row["table"] and row["type"] and not str(row["table"]).startswith("<")
        ]
