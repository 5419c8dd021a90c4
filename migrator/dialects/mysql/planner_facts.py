"""A table as MySQL's and MariaDB's catalogue shows it.

Source: MySQL manual 8.4 and MariaDB manual, INFORMATION_SCHEMA; run on 9.7 and 10.11.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Connection

from migrator.model.plan import ColumnFacts, TableFacts, TableName

_TABLE = sa.text(
    "SELECT table_rows, data_length + index_length, row_format FROM information_schema.tables"
    " WHERE table_schema = COALESCE(:schema, DATABASE()) AND table_name = :table AND table_type <> 'VIEW'"
)
_COLUMNS = sa.text(
    "SELECT column_name, column_type, is_nullable FROM information_schema.columns"
    " WHERE table_schema = COALESCE(:schema, DATABASE()) AND table_name = :table"
)
_PARTITIONS = sa.text(
    "SELECT partition_name, subpartition_name FROM information_schema.partitions"
    " WHERE table_schema = COALESCE(:schema, DATABASE()) AND table_name = :table AND partition_name IS NOT NULL"
)
_FOREIGN_KEYS = sa.text(
    "SELECT DISTINCT constraint_name, NULLIF(referenced_table_schema, DATABASE()), referenced_table_name"
    " FROM information_schema.key_column_usage"
    " WHERE table_schema = COALESCE(:schema, DATABASE()) AND table_name = :table AND referenced_table_name IS NOT NULL"
)


def table_facts(connection: Connection, schema: str | None, table: str) -> TableFacts | None:
    """What the catalogue says of a table; None when it isn't there.  Rows and bytes are InnoDB's estimates.

    Partitions have no names of their own as tables, so there are none in the list.
    """
    names = {"schema": schema, "table": table}
    row = connection.execute(_TABLE, names).first()
    if row is None:
        return None
    # MariaDB widens some types of such a table at once, so nothing is known of what it would copy.
    hidden = str(row[2]).lower() == "redundant"
    columns = {
        str(name): ColumnFacts(type="" if hidden else _text(type_).lower(), nullable=_text(nullable) == "YES")
        for name, type_, nullable in connection.execute(_COLUMNS, names)
    }
    partitions = connection.execute(_PARTITIONS, names).all()
    foreign_keys: dict[str, TableName] = {
        str(name): (held, str(parent)) for name, held, parent in connection.execute(_FOREIGN_KEYS, names)
    }
    return TableFacts(
        columns=columns,
        partitioned=bool(partitions),
        nested=any(sub is not None for _, sub in partitions),
        foreign_keys=foreign_keys,
        rows=None if row[0] is None else int(row[0]),
        bytes=None if row[1] is None else int(row[1]),
    )


def _text(value: object) -> str:
    """MySQL gives some columns of its dictionary as bytes."""
    return value.decode() if isinstance(value, bytes) else str(value)
