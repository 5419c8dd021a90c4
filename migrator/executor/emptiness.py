"""A table without a row is scanned, built and rewritten in no time: nothing needs an online form there."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy import Connection

from migrator.model.plan import TableName


def all_empty(connection: Connection, tables: Iterable[TableName]) -> bool:
    """Whether none of the tables, which must be there, holds a row; False where none is named.

    Locks: those of a read.
    """
    asked = False
    for schema, table in dict.fromkeys(tables):
        asked = True
        one = sa.select(sa.literal(1)).select_from(sa.table(table, schema=schema)).limit(1)
        if connection.execute(one).first() is not None:
            return False
    return asked
