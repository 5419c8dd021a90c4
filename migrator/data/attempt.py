"""What a kind does to the rows of one batch, and what came of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

from sqlalchemy import Connection

from migrator.dialects.keys import Bound
from migrator.errors import MigratorError

if TYPE_CHECKING:
    from migrator.data.table_rows import TableRows


class Care(Enum):
    """What becomes of a batch in which a row fails, or stays to do after its change."""

    TAKE_BACK = "take back"
    """A savepoint: the change of such rows is taken back, the others go on."""
    ASK = "ask"
    """No savepoint, as nearly all batches need none: :class:`CareNeededError`, and nothing of the batch may stay."""
    LEAVE = "leave"
    """What is changed stays changed; an error is raised as it comes."""


class CareNeededError(Exception):
    """Rows of a batch failed, or stay to do: the caller rolls back, and begins again with :attr:`Care.TAKE_BACK`."""


class TooManyRowsError(Exception):
    """Rows came into the range meanwhile: more would be changed than are allowed.  Take a smaller range."""


@dataclass(frozen=True, kw_only=True)
class Span:
    """The rows behind ``low`` (None: from the first) up to ``high``, of which ``count`` were chosen.

    ``keys`` are theirs; None where only their end was asked for.  Where not even that was, ``count`` is 0, and what is
    changed is what was tried.
    """

    low: Bound | None
    high: Bound
    count: int
    keys: Sequence[Bound] | None = None

    @property
    def most(self) -> int:
        """How many rows it may have at most, but for those that come in between."""
        return self.count or (self.high[0] - self.low[0] if self.low else 0)

    @classmethod
    def of(cls, low: Bound | None, keys: Sequence[Bound]) -> Span:
        """The span of these rows, at least one."""
        return cls(low=low, high=keys[-1], count=len(keys), keys=keys)

    def first(self, count: int) -> Span:
        """The span of the first so many of its rows, whose keys are known."""
        return Span.of(self.low, (self.keys or (self.high,))[:count])


class Attempt(ABC):
    """What a kind does to the rows of one batch.  Applied once, or once more after what it did was rolled back."""

    @abstractmethod
    def apply(self, connection: Connection, but: Collection[Bound]) -> int:
        """Do the rows of the span that are still to do, but for some, in the caller's transaction; how many it did."""

    def refuse_written(self) -> None:
        """Prove that what it wrote is not too much for one batch.

        Raises:
            TooManyBytesError: it is; the caller rolls back and takes a smaller range.
        """
        return

    @property
    def all_gone(self) -> bool:
        """Whether the server told that the predicate finds none of the rows any more that it changed."""
        return False

    @property
    def untouched(self) -> Collection[Bound]:
        """Rows that it left as they were, by its own decision."""
        return ()

    @property
    def errors(self) -> Mapping[Bound, MigratorError]:
        """Rows that failed by themselves and were left as they were, and why."""
        return {}


Begin: TypeAlias = "Callable[[Connection, TableRows, Span], Attempt]"
"""Prepares a batch: reads and computes what it needs, and writes nothing."""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """What one batch did.

    ``stuck`` are tried rows that the predicate still finds; their change was taken back.  ``errors`` says of those that
    failed by themselves why.
    """

    high: Bound
    tried: int
    done: int
    stuck: int
    errors: Mapping[Bound, MigratorError] = field(default_factory=dict)

    @property
    def failed(self) -> int:
        """How many rows failed by themselves."""
        return len(self.errors)

    @property
    def error(self) -> MigratorError | None:
        """That of the first of them."""
        return next(iter(self.errors.values()), None)

    def and_then(self, other: Batch) -> Batch:
        """Both, where the other one's rows come behind these."""
        return Batch(
            high=other.high,
            tried=self.tried + other.tried,
            done=self.done + other.done,
            stuck=self.stuck + other.stuck,
            errors={**self.errors, **other.errors},
        )
