"""What every kind of data migration declares, and what the engine asks of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar, Literal, TypeAlias

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection

from migrator.data.declaring import (
    check_batch_bytes,
    check_batch_size,
    check_fence,
    check_invariant,
    check_name,
    check_on_error,
    check_pace,
    check_requires,
    check_services,
    check_workers,
)
from migrator.data.sizer import DEFAULT_TARGET
from migrator.data.table_rows import TableRows
from migrator.dialects.keys import KeyRules
from migrator.model.data import DataKind

Order: TypeAlias = Literal["", "synced", "pinned"]
"""How old and new code share the rows: by triggers that keep both places in step, or by the code's own pins."""

OnError: TypeAlias = Literal["quarantine", "stop"]
"""What happens where a row fails by itself: it is parked and the others go on, or the data migration fails."""

DEFAULT_BATCH_SIZE = 10_000
DEFAULT_BATCH_BYTES = 64 * 1024**2


@dataclass(frozen=True, kw_only=True, eq=False)
class Fence:
    """What no new row of ``table`` may be once contract asks its last question: ``refuse`` is true for the old shape.

    ``refuse`` must be answerable from one row alone (no subquery); else contract says "not fenced".
    """

    table: sa.TableClause
    refuse: ColumnElement[bool]

    def __post_init__(self) -> None:
        check_fence(self.table, self.refuse)


@dataclass(frozen=True, kw_only=True, eq=False)
class DataMigration(ABC):
    """A named unit of data work.  The kinds are its subclasses; the engine asks what stands here and nothing else.

    Args:
        name: unique among the project's data migrations.
        requires: expand revisions, changes, or other data migrations that come first; without any, the expands of
            the module's ``change``.
        fence: what contract refuses while it asks its last question.
        batch_size: the most rows of one transaction; how many it takes is found by ``target_time``.
        batch_bytes: the most bytes of one transaction, about: what a transform reads of its rows and writes to them,
            what the rows of another kind take by the average that the server tells, what an UPDATE or a copy writes to
            its first hundred rows.
            One row may be more; nothing to a plain function.
        target_time: how long a batch's statements may take; its size aims at three quarters of that.
        window: only at these times of the day: ``"22:00-06:00 Europe/Berlin"``.
        order: ``"pinned"`` where services read the old place until they are told otherwise: it runs only when every
            registered service contains the expands of the change.
        requires_services: service → the oldest release that can read the new place.
        on_error: ``"quarantine"`` parks a row that fails by itself (a constraint, a value that its type refuses, an
            error of your function), and the others go on; ``"stop"`` fails with the first one.
        invariant: a SELECT of rows that must not be there once it is done; asked at the end of a run that finds it
            done, by ``data verify``, ``status`` and the gate of contract.
        workers: how many workers of a run share its rows, each with a connection of its own; ``--workers`` goes before.
        change, path: the module's; set when it is loaded.
    """

    name: str
    requires: Sequence[str] = ()
    fence: Fence | None = None
    batch_size: int = DEFAULT_BATCH_SIZE
    batch_bytes: int = DEFAULT_BATCH_BYTES
    target_time: timedelta = DEFAULT_TARGET
    window: str = ""
    order: Order = ""
    requires_services: Mapping[str, str] = field(default_factory=dict)
    on_error: OnError = "quarantine"
    invariant: sa.Select[Any] | None = None
    workers: int = 1
    change: str = ""
    path: Path | None = None

    kind: ClassVar[DataKind]
    keyed: ClassVar[bool]
    """Whether batches are cut by the key of a table (see KeyedMigration); else it is called, and says what it did."""
    in_database: ClassVar[bool] = False
    """Whether a batch does nothing but in this database, so that one that a crash took back may be done again."""

    def __post_init__(self) -> None:
        check_name(self.name)
        check_requires(self.name, self.requires)
        check_batch_size(self.name, self.batch_size)
        check_batch_bytes(self.name, self.batch_bytes)
        check_pace(self.name, self.target_time, self.window)
        check_services(self.name, self.order, self.requires_services)
        check_invariant(self.name, self.invariant)
        check_on_error(self.name, self.on_error)
        check_workers(self.name, self.workers)

    @property
    def has_predicate(self) -> bool:
        """Whether it can be asked how many rows remain."""
        return True

    @property
    def outside(self) -> bool:
        """Whether it works on connections of its own, so that rows may be done again after a crash."""
        return False

    def most_rows(self, width: float | None, limit: int | None = None) -> int:
        """The rows of the largest batch, if a row takes so many bytes (None: not known)."""
        most = self.batch_size if limit is None else min(limit, self.batch_size)
        return most if width is None else max(1, min(most, int(self.batch_bytes / max(width, 1.0))))

    @abstractmethod
    def count(self, connection: Connection) -> int:
        """How many rows the predicate finds.  Reads the whole table where no index helps the predicate.

        Raises:
            ConfigurationError: it declares no predicate.
            UserCodeError: its own function raised, or counted something else than a whole number.
        """

    def breaking(self, connection: Connection) -> int:
        """How many rows the invariant finds; 0 without one.  Reads what its SELECT reads."""
        if self.invariant is None:
            return 0
        inner = self.invariant.order_by(None).subquery()
        return int(connection.execute(sa.select(sa.func.count()).select_from(inner)).scalar_one())

    @abstractmethod
    def finds_any(self, connection: Connection) -> bool:
        """Whether the predicate finds a row: as :meth:`count`, but it stops at the first one."""

    def rows(self, connection: Connection, rules: KeyRules) -> TableRows | None:
        """The rows whose key cuts the batches; None for one that is called.  Asks the catalogue.

        Raises:
            ConfigurationError: there is no usable key, or the tables are not as the declaration needs them.
            DatabaseError: there is no such table.
        """
        return None

    @abstractmethod
    def __call__(self, context: Any, max_count: int) -> tuple[int, int]:
        """At most ``max_count`` rows in the transaction of ``context.connection``: Nova's signature.

        Returns:
            (rows found, rows done).
        """
