"""EXPLAIN of PostgreSQL.

Source: PostgreSQL manual 18, EXPLAIN and "Using EXPLAIN"; the plan's JSON was read on 14, 15 and 18.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from migrator.dialects.explaining import ExplainRules
from migrator.model.data_plan import Access


class PostgreSQLExplain(ExplainRules):
    """EXPLAIN without ANALYZE: the statement isn't run."""

    def _explain(self, connection: Connection, statement: str, parameters: Any) -> Sequence[Access]:
        found = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", parameters).scalar_one()
        (top,) = json.loads(found) if isinstance(found, str) else found
        return list(_accesses(top["Plan"], ""))


def _accesses(node: Mapping[str, Any], table: str) -> Iterator[Access]:
    kind, name = str(node["Node Type"]), str(node.get("Relation Name", table))
    index = str(node.get("Index Name", ""))
    below = node.get("Plans", ())
    reads = kind.endswith("Scan") and ("Relation Name" in node or index)
    # The indexes of a bitmap stand below the scan of its table.
    if reads and kind != "Bitmap Heap Scan":
        yield Access(table=name, index=index, how=kind, rows=int(node["Plan Rows"]))
    for one in below:
        yield from _accesses(one, name if kind == "Bitmap Heap Scan" else table)
