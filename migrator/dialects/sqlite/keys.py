"""Keys on SQLite."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import NullType, TypeEngine

from migrator.dialects.keys import Key, RowComparison


class SQLiteKeys(RowComparison):
    """Row comparison, else the rowid.

    A column holds whatever was put there, so values are read and bound as they are.  A primary key that isn't
    declared NOT NULL may hold NULLs (sqlite.org/lang_createtable.html), but for an INTEGER one, which is the rowid.
    """

    unusable = ()

    def never_null(self, column: Mapping[str, Any], key: Sequence[str]) -> bool:
        rowid = bool(column.get("primary_key")) and len(key) == 1 and type(column["type"]) is sa.INTEGER
        return rowid or super().never_null(column, key)

    def type_of(self, column: Mapping[str, Any]) -> TypeEngine[Any]:
        return NullType()

    def row_address(self, columns: frozenset[str]) -> Key | None:
        taken = {name.lower() for name in columns}
        for name in ("rowid", "_rowid_", "oid"):
            if name not in taken:
                return Key(columns=(sa.literal_column(name, NullType()),), names=(name,))
        return None
