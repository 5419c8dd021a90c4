"""Keys on PostgreSQL."""

from __future__ import annotations

import sqlalchemy as sa

from migrator.dialects.keys import RowComparison


class PostgreSQLKeys(RowComparison):
    """Row comparison; OR-expanded ranges filter half of the table (measured on 14 and 18).

    An interval's months are lost on their way through Python.
    """

    unusable = (sa.Float, sa.Interval)
