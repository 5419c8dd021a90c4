"""What a revision put in the place of Alembic's and SQLAlchemy's own functions is taken away again after it."""

from __future__ import annotations

from operator import is_
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


class Unpatching:
    """Alembic's and SQLAlchemy's functions as they were when it was made."""

    def __init__(self) -> None:
        self._before = [dict(vars(place)) for place in _PLACES]

    def restore(self) -> None:
        """Else a revision that patches one of them would hide what the next do, which may run in another process."""
        for place, values in zip(_PLACES, self._before, strict=True):
            now = vars(place)
            # Of a thousand revisions none does it; this comparison is done in C.
            if len(now) != len(values) or not all(map(is_, now.values(), values.values())):
                _restore(place, values)


def _restore(place: Any, values: dict[str, Any]) -> None:
    for name, value in list(vars(place).items()):
        if name not in values:
            # What is new hides nothing (a module that was imported, something kept for later) but what it inherits.
            if any(name in vars(one) for one in getattr(place, "__mro__", ())[1:]):
                delattr(place, name)
        elif value is not values[name]:
            setattr(place, name, values[name])
    for name in values.keys() - vars(place).keys():
        setattr(place, name, values[name])
