"""What the user's function makes of rows, without any database: pure but for the user's own code."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from migrator.dialects.keys import Bound
from migrator.dialects.writing import Encode
from migrator.errors import UserCodeError
from migrator.scripts.usercode import user_code

Read = Mapping[Bound, tuple[Any, ...]]
"""Key → the values of the columns that are read, in their order."""

_MUTABLE = (dict, list, bytearray, set)


@dataclass(frozen=True, kw_only=True)
class Computing:
    """The user's function and what it takes to call it; exactly one of the two functions is there."""

    name: str
    path: Path | None
    reads: Sequence[str]
    encoders: Mapping[str, Encode]
    function: Callable[[Mapping[str, Any]], Any] | None
    batch_function: Callable[[Sequence[Mapping[str, Any]]], Any] | None

    def of(self, read: Read) -> Computed:
        """Compute each row; those that raise fail alone, the others go on."""
        made = Computed()
        if self.batch_function is None:
            for key, values in read.items():
                self._one(key, values, made)
        elif read:
            self._many(list(read.items()), made)
        return made

    def _one(self, key: Bound, values: tuple[Any, ...], made: Computed) -> None:
        try:
            with user_code(f"data migration {self.name}", self.path):
                result = self.function(self._row(values)) if self.function else None
            self._take(key, result, made)
        except UserCodeError as error:
            made.errors[key] = error

    def _many(self, rows: Sequence[tuple[Bound, tuple[Any, ...]]], made: Computed) -> None:
        """All in one call; halved down to the rows that fail."""
        try:
            with user_code(f"data migration {self.name}", self.path):
                given = [self._row(values) for _, values in rows]
                results = self.batch_function(given) if self.batch_function else ()
            results = self._as_many(results, len(rows))
        except UserCodeError as error:
            if len(rows) == 1:
                made.errors[rows[0][0]] = error
                return
            middle = len(rows) // 2
            self._many(rows[:middle], made)
            self._many(rows[middle:], made)
            return
        for (key, _), result in zip(rows, results, strict=True):
            try:
                self._take(key, result, made)
            except UserCodeError as error:
                made.errors[key] = error

    def _row(self, values: tuple[Any, ...]) -> Mapping[str, Any]:
        # A copy of what can be changed in place: what was read is compared later.
        own = (deepcopy(value) if isinstance(value, _MUTABLE) else value for value in values)
        return MappingProxyType(dict(zip(self.reads, own, strict=True)))

    def _as_many(self, results: Any, count: int) -> Sequence[Any]:
        if isinstance(results, list | tuple) and len(results) == count:
            return results
        raise UserCodeError(
            f"data migration {self.name} returned no list of {count} results for {count} rows",
            remedy="return a list with one mapping or None for each row, in their order",
            error_class=type(results).__name__,
        )

    def _take(self, key: Bound, result: Any, made: Computed) -> None:
        if result is None:
            made.skipped.append(key)
            return
        if not isinstance(result, Mapping) or not result or not set(result) <= set(self.encoders):
            raise UserCodeError(
                f"data migration {self.name} returned something else than values for {', '.join(self.encoders)}",
                remedy="return a mapping of columns named in `writes` to their values, or None to leave the row alone",
                error_class=type(result).__name__,
            )
        names = tuple(name for name in self.encoders if name in result)
        with user_code(f"a value that data migration {self.name} returned for {', '.join(names)}", self.path):
            values = tuple(self.encoders[name](result[name]) for name in names)
        made.values[key] = (names, values)


@dataclass(kw_only=True)
class Computed:
    """Key → (names, values as the driver takes them); keys left alone; key → why it raised."""

    values: dict[Bound, tuple[tuple[str, ...], tuple[Any, ...]]] = field(default_factory=dict)
    skipped: list[Bound] = field(default_factory=list)
    errors: dict[Bound, UserCodeError] = field(default_factory=dict)

    def add(self, other: Computed) -> None:
        """Take what was computed later in place of what was before."""
        for key in (*other.values, *other.skipped, *other.errors):
            self.values.pop(key, None)
        self.values.update(other.values)
        self.skipped.extend(other.skipped)
        self.errors.update(other.errors)


def same(one: Any, other: Any) -> bool:
    """Whether two values that a driver gave are the same: 1 isn't true, nor 1.0; NaN is NaN; NULL is NULL."""
    if type(one) is not type(other):
        return False
    if isinstance(one, Mapping):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, float):
        return (one == other and math.copysign(1, one) == math.copysign(1, other)) or (one != one and other != other)
    return bool(one == other)
