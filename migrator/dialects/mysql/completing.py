"""What SQLAlchemy's reflection of MySQL and MariaDB leaves out, and drift compares.

Source: MySQL manual 8.4 and MariaDB manual, INFORMATION_SCHEMA: COLUMNS, STATISTICS, TABLES.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy import Connection

from migrator.dialects.schema_model import ModelTable

_COLUMNS = sa.text(
    "SELECT table_name AS tablename, column_name AS name, collation_name AS collation, character_set_name AS charset"
    " FROM information_schema.columns WHERE table_schema = :schema AND collation_name IS NOT NULL"
)
_TABLES = sa.text(
    "SELECT table_name AS tablename, engine AS engine, table_collation AS collation"
    " FROM information_schema.tables WHERE table_schema = :schema AND table_type = 'BASE TABLE'"
)
# MariaDB has no indexes over expressions, and no such column.
_SELECT = "SELECT table_name AS tablename, index_name AS name, column_name AS col, collation AS way"
_FROM = " FROM information_schema.statistics WHERE table_schema = :schema ORDER BY table_name, index_name, seq_in_index"
_INDEXES = {True: sa.text(f"{_SELECT}, NULL AS expr{_FROM}"), False: sa.text(f"{_SELECT}, expression AS expr{_FROM}")}


def complete(connection: Connection, schema: str | None, tables: Mapping[str, ModelTable], *, mariadb: bool) -> None:
    """Collations and character sets, engines, elements of indexes with their order."""
    of_schema = {"schema": schema or connection.dialect.default_schema_name}
    for row in connection.execute(_COLUMNS, of_schema):
        table = tables.get(row.tablename)
        column = table.column(row.name) if table is not None else None
        if column is not None:
            column["collation"], column["charset"] = row.collation, row.charset
    for row in connection.execute(_TABLES, of_schema):
        table = tables.get(row.tablename)
        if table is not None:
            table.given = {"mysql_engine": row.engine, "mysql_collate": row.collation}
    elements: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in connection.execute(_INDEXES[mariadb], of_schema):
        what = row.col if row.expr is None else row.expr.replace("\\'", "'")
        elements[row.tablename, row.name].append(f"{what} desc" if row.way == "D" else what)
    for name, table in tables.items():
        for one in table.indexes:
            one["elements"] = elements.get((name, str(one["name"])))
