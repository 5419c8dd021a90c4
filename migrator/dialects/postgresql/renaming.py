"""Names of indexes on PostgreSQL."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import ExecutableDDLElement


class _RenameIndex(ExecutableDDLElement):
    """ALTER INDEX ... RENAME; an element and no text, for SQLAlchemy would escape a text's names a second time."""

    def __init__(self, index: sa.Index, name: str) -> None:
        self.index = index
        self.name = name


@compiles(_RenameIndex)
def _sql(element: _RenameIndex, compiler: Any, **kw: Any) -> str:
    quoted = compiler.preparer
    table = element.index.table
    place = f"{quoted.quote_schema(table.schema)}." if table is not None and table.schema else ""
    return f"ALTER INDEX {place}{quoted.quote(str(element.index.name))} RENAME TO {quoted.quote(element.name)}"


def rename_index(index: sa.Index, name: str) -> tuple[ExecutableDDLElement, ...]:
    """The statement that renames an index; it stays in its schema.

    Locks: SHARE UPDATE EXCLUSIVE on the index alone (PostgreSQL manual 12 and later, ALTER INDEX).
    """
    return (_RenameIndex(index, name),)
