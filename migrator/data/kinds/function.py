"""A plain function in Nova's signature."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar, TypeAlias

import sqlalchemy as sa
from sqlalchemy import Connection

from migrator.data.context import Context
from migrator.data.declaring import check_function
from migrator.data.kinds.declaration import DEFAULT_BATCH_SIZE, DataMigration, Fence, Order
from migrator.data.sizer import DEFAULT_TARGET
from migrator.errors import ConfigurationError, UserCodeError
from migrator.model.data import DataKind
from migrator.scripts.usercode import user_code

Function: TypeAlias = Callable[[Context, int], tuple[int, int]]
"""Nova's signature: at most so many rows; returns (found, done)."""

Remaining: TypeAlias = "sa.Select[Any] | Callable[[Connection], int]"
"""A SELECT of the rows still to do, or a function that counts them."""


@dataclass(frozen=True, kw_only=True, eq=False)
class FunctionMigration(DataMigration):
    """A plain function in Nova's signature, ``(context, max_count) -> (found, done)``.

    Args:
        name: unique among the project's data migrations.
        function: does at most ``max_count`` rows through ``context.connection`` or ``context.session`` and says how
            many it found and did; ``(0, 0)`` when there are none.
        remaining: a SELECT of the rows still to do, or a function that counts them.  Without it no contract can be
            gated on this data migration, and ``found = 0`` counts as done.
        requires: as in :class:`UpdateMigration`.
        fence: what contract refuses while it asks its last question; none by default.
        batch_size: the largest ``max_count`` of a call.
        commits_itself: the function works on connections of its own: we hold no transaction around it, and rows may
            be done again after a crash (at least once).

    Raises:
        ConfigurationError: the declaration can't work, and why.
    """

    function: Function
    remaining: Remaining | None = None
    commits_itself: bool = False

    kind: ClassVar[DataKind] = DataKind.FUNCTION
    keyed: ClassVar[bool] = False

    def __post_init__(self) -> None:
        super().__post_init__()
        check_function(self.name, self.function, self.remaining)

    @property
    def has_predicate(self) -> bool:
        return self.remaining is not None

    @property
    def outside(self) -> bool:
        return self.commits_itself

    def count(self, connection: Connection) -> int:
        if isinstance(self.remaining, sa.Select):
            inner = self.remaining.order_by(None).subquery()
            return int(connection.execute(sa.select(sa.func.count()).select_from(inner)).scalar_one())
        return self._counted(connection)

    def finds_any(self, connection: Connection) -> bool:
        if isinstance(self.remaining, sa.Select):
            inner = self.remaining.order_by(None).subquery()
            return connection.execute(sa.select(sa.literal(1)).select_from(inner).limit(1)).first() is not None
        return self._counted(connection) > 0

    def _counted(self, connection: Connection) -> int:
        count: Any = self.remaining
        if count is None:
            raise ConfigurationError(
                f"data migration {self.name!r} declares no `remaining`: nothing can say how many rows are still to do",
                remedy=f"declare remaining=<a select of the rows still to do> for {self.name!r}",
            )
        with user_code(f"`remaining` of data migration {self.name}", self.path):
            rows = count(connection)
        if not isinstance(rows, int) or isinstance(rows, bool) or rows < 0:
            raise UserCodeError(
                f"`remaining` of data migration {self.name} returned a {type(rows).__name__}, not a number of rows",
                remedy="return how many rows are still to do, 0 when there are none",
                error_class=type(rows).__name__,
            )
        return rows

    def __call__(self, context: Any, max_count: int) -> tuple[int, int]:
        """Call the function as it is."""
        return self.function(context, max_count)


def function_migration(
    *,
    name: str,
    remaining: Remaining | None = None,
    requires: Sequence[str] = (),
    fence: Fence | None = None,
    batch_size: int = DEFAULT_BATCH_SIZE,
    target_time: timedelta = DEFAULT_TARGET,
    window: str = "",
    commits_itself: bool = False,
    order: Order = "",
    requires_services: Mapping[str, str] | None = None,
    invariant: sa.Select[Any] | None = None,
) -> Callable[[Function], FunctionMigration]:
    """Make a :class:`FunctionMigration` of the function below; the arguments are its own."""

    def decorate(function: Function) -> FunctionMigration:
        return FunctionMigration(
            name=name,
            function=function,
            remaining=remaining,
            requires=requires,
            fence=fence,
            batch_size=batch_size,
            target_time=target_time,
            window=window,
            commits_itself=commits_itself,
            order=order,
            requires_services=requires_services or {},
            invariant=invariant,
        )

    return decorate
