"""A kind whose rows still to do are those of one table for which an expression is true."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection

from migrator.data.declaring import check_table, check_where
from migrator.data.kinds.declaration import Fence
from migrator.data.kinds.keyed import KeyedMigration


@dataclass(frozen=True, kw_only=True, eq=False)
class FilteredMigration(KeyedMigration):
    """What :class:`UpdateMigration`, :class:`DeleteMigration` and :class:`TransformMigration` share.

    Args:
        table: ``sa.table("name", sa.column(...), ...)``; not the application's model, which will change.
        where: true for the rows still to do; other tables only inside a subquery.  It is the fence as well, unless one
            is declared.
    """

    table: sa.TableClause
    where: ColumnElement[bool]

    def __post_init__(self) -> None:
        super().__post_init__()
        check_table(self.name, self.table)
        check_where(self.name, self.table, self.where)
        if self.fence is None:
            object.__setattr__(self, "fence", Fence(table=self.table, refuse=self.where))

    @property
    def rows_of(self) -> sa.TableClause:
        return self.table

    def still_to_do(self, connection: Connection) -> ColumnElement[bool]:
        return self.where
