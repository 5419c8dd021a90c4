"""Names of indexes on SQLite, which can't change them."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.schema import CreateIndex, DropIndex, ExecutableDDLElement
from sqlalchemy.sql import quoted_name


def rename_index(index: sa.Index, name: str) -> tuple[ExecutableDDLElement, ...]:
    """The statements that build the index under its new name and drop the old one, in the caller's transaction.

    Locks: the file's write lock while the index is built (SQLite manual, ALTER TABLE: it knows no RENAME INDEX).
    """
    assert index.table is not None
    copy = index.table.to_metadata(sa.MetaData())
    renamed = next(one for one in copy.indexes if one.name == index.name)
    renamed.name = quoted_name(name, quote=None)
    return (CreateIndex(renamed), DropIndex(index))
