"""The kinds of data migrations: what a user declares.  Public."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal, TypeAlias

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection

from migrator.data.context import Context
from migrator.data.declaring import (
    check_batch_size,
    check_fence,
    check_function,
    check_name,
    check_pace,
    check_requires,
    check_services,
    check_set,
    check_table,
    check_where,
)
from migrator.data.sizer import DEFAULT_TARGET
from migrator.model.data import DataKind

Function: TypeAlias = Callable[[Context, int], tuple[int, int]]
"""Nova's signature: at most so many rows; returns (found, done)."""

Remaining: TypeAlias = "sa.Select[Any] | Callable[[Connection], int]"
"""A SELECT of the rows still to do, or a function that counts them."""

Order: TypeAlias = Literal["", "synced", "pinned"]
"""How old and new code share the rows: by triggers that keep both places in step, or by the code's own pins."""

DEFAULT_BATCH_SIZE = 10_000


@dataclass(frozen=True, kw_only=True, eq=False)
class Fence:
    """What no new row of ``table`` may be once contract asks its last question: ``refuse`` is true for the old shape.

    ``refuse`` must be answerable from one row alone (no subquery); else contract says "not fenced".
    """

    table: sa.TableClause
    refuse: ColumnElement[bool]

    def __post_init__(self) -> None:
        check_fence(self)


@dataclass(frozen=True, kw_only=True, eq=False)
class UpdateMigration:
    """A set-based UPDATE in batches of key order: ``UPDATE table SET set WHERE where``.

    Args:
        name: unique among the project's data migrations.
        table: ``sa.table("name", sa.column(...), ...)``; not the application's model, which will change.
        set: column name → value or expression.
        where: true for the rows still to do, and false once they are done: ``new IS DISTINCT FROM old``.  Other
            tables only inside a subquery.
        requires: expand revisions, changes, or other data migrations that come first; without any, the expands of
            the module's ``change``.
        fence: by default rows of ``table`` for which ``where`` is true.
        batch_size: the most rows of one transaction; how many it takes is found by ``target``.
        target: how long a batch's statements may take; its size aims at three quarters of that.
        window: only at these times of the day: ``"22:00-06:00 Europe/Berlin"``.
        order: ``"pinned"`` where services read the old place until they are told otherwise: it runs only when every
            registered service contains the expands of the change.
        requires_services: service → the oldest release that can read the new place.

    Raises:
        ConfigurationError: the declaration can't work, and why.

    Locks: the rows of a batch, for one short transaction.
    """

    name: str
    table: sa.TableClause
    set: Mapping[str, Any]
    where: ColumnElement[bool]
    requires: Sequence[str] = ()
    fence: Fence | None = None
    batch_size: int = DEFAULT_BATCH_SIZE
    target: timedelta = DEFAULT_TARGET
    window: str = ""
    order: Order = ""
    requires_services: Mapping[str, str] = field(default_factory=dict)
    change: str = ""
    path: Path | None = None

    kind = DataKind.UPDATE
    has_predicate = True
    commits_itself = False

    def __post_init__(self) -> None:
        check_name(self.name)
        check_table(self.name, self.table)
        check_set(self.name, self.table, self.set)
        check_where(self.name, self.table, self.where)
        check_requires(self.name, self.requires)
        check_batch_size(self.name, self.batch_size)
        check_pace(self.name, self.target, self.window)
        check_services(self.name, self.order, self.requires_services)
        if self.fence is None:
            object.__setattr__(self, "fence", Fence(table=self.table, refuse=self.where))

    def __call__(self, context: Any, max_count: int) -> tuple[int, int]:
        """One batch from the first row on, in the transaction of ``context.connection``: Nova's signature.

        Returns:
            (rows found, rows done), both at most ``max_count``.

        Raises:
            ConfigurationError: the table has no usable key.
        """
        from migrator.data.table_rows import table_rows
        from migrator.dialects import pack_for

        connection: Connection = context.connection
        rows = table_rows(connection, self, pack_for(connection.dialect).keys)
        keys = rows.choose(connection, None, max_count)
        if not keys:
            return 0, 0
        # Without a savepoint: under Python's own sqlite3 transactions the end of an outermost one commits.
        batch = rows.change(connection, None, keys, allowed=max_count, savepoint=False)
        return batch.tried, batch.done


@dataclass(frozen=True, kw_only=True, eq=False)
class FunctionMigration:
    """A plain function in Nova's signature, ``(context, max_count) -> (found, done)``.

    Args:
        name: unique among the project's data migrations.
        function: does at most ``max_count`` rows through ``context.connection`` or ``context.session`` and says how
            many it found and did; ``(0, 0)`` when there are none.
        remaining: a SELECT of the rows still to do, or a function that counts them.  Without it no contract can be
            gated on this data migration, and ``found = 0`` counts as done.
        requires: as in :class:`UpdateMigration`.
        fence: what contract refuses while it asks its last question; none by default.
        batch_size: the largest ``max_count`` of a call; how many a call gets is found by ``target``.
        target, window: as in :class:`UpdateMigration`.
        commits_itself: the function works on connections of its own: we hold no transaction around it, and rows may
            be done again after a crash (at least once).
        order, requires_services: as in :class:`UpdateMigration`.

    Raises:
        ConfigurationError: the declaration can't work, and why.
    """

    name: str
    function: Function
    remaining: Remaining | None = None
    requires: Sequence[str] = ()
    fence: Fence | None = None
    batch_size: int = DEFAULT_BATCH_SIZE
    target: timedelta = DEFAULT_TARGET
    window: str = ""
    commits_itself: bool = False
    order: Order = ""
    requires_services: Mapping[str, str] = field(default_factory=dict)
    change: str = ""
    path: Path | None = None

    kind = DataKind.FUNCTION

    def __post_init__(self) -> None:
        check_name(self.name)
        check_function(self.name, self.function, self.remaining)
        check_requires(self.name, self.requires)
        check_batch_size(self.name, self.batch_size)
        check_pace(self.name, self.target, self.window)
        check_services(self.name, self.order, self.requires_services)

    @property
    def has_predicate(self) -> bool:
        """Whether it can be asked how many rows remain."""
        return self.remaining is not None

    def __call__(self, context: Any, max_count: int) -> tuple[int, int]:
        """Call the function as it is."""
        return self.function(context, max_count)


DataMigration: TypeAlias = UpdateMigration | FunctionMigration


def function_migration(
    *,
    name: str,
    remaining: Remaining | None = None,
    requires: Sequence[str] = (),
    fence: Fence | None = None,
    batch_size: int = DEFAULT_BATCH_SIZE,
    target: timedelta = DEFAULT_TARGET,
    window: str = "",
    commits_itself: bool = False,
    order: Order = "",
    requires_services: Mapping[str, str] | None = None,
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
            target=target,
            window=window,
            commits_itself=commits_itself,
            order=order,
            requires_services=requires_services or {},
        )

    return decorate
