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
        rows = list(read.items())
        if self.function is not None:
            self._take_all(self._each(rows, self.function, made), made)
        elif rows:
            self._many(rows, made)
        return made

    def _each(
        self,
        rows: Sequence[tuple[Bound, tuple[Any, ...]]],
        function: Callable[[Mapping[str, Any]], Any],
        made: Computed,
    ) -> list[tuple[Bound, Any]]:
        """Key and result of each row for which the function returns."""
        results: list[tuple[Bound, Any]] = []
        while (next_one := len(results) + len(made.errors)) < len(rows):
            try:
                # One block for all rows up to the next that raises: opening one costs more than a short function.
                with user_code(f"data migration {self.name}", self.path):
                    for key, values in rows[next_one:]:
                        results.append((key, function(self._row(values))))  # what came before an error
            except UserCodeError as error:
                made.errors[rows[len(results) + len(made.errors)][0]] = error
        return results

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
        self._take_all([(key, result) for (key, _), result in zip(rows, results, strict=True)], made)

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

    def _take_all(self, results: Sequence[tuple[Bound, Any]], made: Computed) -> None:
        names = tuple(self.encoders)
        about = f"a value that data migration {self.name} returned for {', '.join(names)}"
        taken = 0
        while taken < len(results):
            try:
                with user_code(about, self.path):
                    for key, result in results[taken:]:
                        self._take(key, result, names, made)
                        taken += 1
            except UserCodeError as error:
                made.errors[results[taken][0]] = error
                taken += 1

    def _take(self, key: Bound, result: Any, names: tuple[str, ...], made: Computed) -> None:
        if result is None:
            made.skipped.append(key)
            return
        if not isinstance(result, Mapping) or not result or not result.keys() <= self.encoders.keys():
            raise UserCodeError(
                f"data migration {self.name} returned something else than values for {', '.join(names)}",
                remedy="return a mapping of columns named in `writes` to their values, or None to leave the row alone",
                error_class=type(result).__name__,
            )
        if len(result) < len(names):
            names = tuple(name for name in names if name in result)
        made.values[key] = (names, tuple([self.encoders[name](result[name]) for name in names]))


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
