"""What a revision put in the place of Alembic's and SQLAlchemy's own functions is taken away again after it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from alembic import op
from alembic.operations import AbstractOperations, BatchOperations, Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import schema
from sqlalchemy.engine import Inspector

_PLACES: tuple[Any, ...] = (
    op, Operations, BatchOperations, AbstractOperations, MigrationContext, sa, sa.Connection, sa.Engine, Inspector,
    sa.Table, sa.Column, sa.Index, sa.MetaData, schema.DDLElement,
)  # fmt: skip


@contextmanager
def unpatched() -> Iterator[None]:
    """Else a revision that patches one of them would hide what the next ones do; they may run in another process."""
    before = [dict(vars(place)) for place in _PLACES]
    try:
        yield
    finally:
        for place, values in zip(_PLACES, before, strict=True):
            for name, value in list(vars(place).items()):
                if name not in values:
                    delattr(place, name)
                elif value is not values[name]:
                    setattr(place, name, values[name])
            for name in values.keys() - vars(place).keys():
                setattr(place, name, values[name])
