"""Names of indexes on MySQL and MariaDB."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import ExecutableDDLElement


class _RenameIndex(ExecutableDDLElement):
    """ALTER TABLE ... RENAME INDEX; an element, for in a text SQLAlchemy would escape the names a second time."""

    def __init__(self, index: sa.Index, name: str) -> None:
        self.index = index
        self.name = name


@compiles(_RenameIndex)
def _sql(element: _RenameIndex, compiler: Any, **kw: Any) -> str:
    quoted = compiler.preparer
    table = quoted.format_table(element.index.table)
    return f"ALTER TABLE {table} RENAME INDEX {quoted.quote(str(element.index.name))} TO {quoted.quote(element.name)}"


def rename_index(index: sa.Index, name: str) -> tuple[ExecutableDDLElement, ...]:
    """The statement that renames an index of a table.

    Locks: the table's exclusive metadata lock, for a moment; no build (MySQL manual 8.4, Online DDL Operations; MariaDB
    from 10.5.2, ALTER TABLE).
    """
    return (_RenameIndex(index, name),)
