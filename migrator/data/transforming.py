"""One batch of a transform: read, compute, then lock, compare with what was read, write.

Where the function is quick, the rows are locked as they are read: computing then holds the locks for a moment only, and
nothing has to be read twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection

from migrator.data.attempt import Attempt, Span
from migrator.data.budget import Budget
from migrator.data.computing import Computing, same
from migrator.data.table_rows import TableRows
from migrator.dialects.keys import Bound
from migrator.dialects.writing import Encode, Target, WriteRules, Written
from migrator.errors import MigratorError
from migrator.scripts.usercode import user_code

_QUICK = 0.1
"""Seconds of computing for which a batch may hold its rows locked."""


@dataclass(kw_only=True)
class Costs:
    """How long the function took: ``a_row`` are seconds, None before the first batch."""

    a_row: float | None = None

    def are_low(self, rows: int) -> bool:
        """Whether so many rows will be computed in a moment."""
        return self.a_row is not None and self.a_row * rows <= _QUICK


@dataclass(frozen=True, kw_only=True)
class Transform:
    """What a transform needs for each batch, found out once, and what its batches learn."""

    computing: Computing
    columns: Sequence[ColumnElement[Any]]
    key_encoders: Sequence[Encode]
    rules: WriteRules
    target: Target
    budget: Budget
    written: Budget
    costs: Costs = field(default_factory=Costs)


class Transforming(Attempt):
    """A batch.  What it computes from rows that nobody locked is used only where they are still the same once locked:
    a value that a client wrote meanwhile is never overwritten by one computed from the value before it.

    ``_locked``: the rows have been locked since they were read.  A savepoint that is taken back gives locks back too,
    so that holds for the first attempt only.
    """

    def __init__(self, transform: Transform, rows: TableRows, span: Span, connection: Connection) -> None:
        self._transform, self._rows, self._span = transform, rows, span
        transform.written.expect(span.count)
        self._locked = transform.costs.are_low(span.count)
        self._read = self._read_all(connection)
        begin = perf_counter()
        self._computed = transform.computing.of(self._read)
        if self._read:
            transform.costs.a_row = (perf_counter() - begin) / len(self._read)
            values = [self._computed.values[key][1] if key in self._computed.values else () for key in self._read]
            transform.written.refuse(transform.written.took(values), len(values), span.count)

    @property
    def untouched(self) -> Collection[Bound]:
        return frozenset((*self._computed.skipped, *self._computed.errors))

    @property
    def errors(self) -> Mapping[Bound, MigratorError]:
        return self._computed.errors

    def apply(self, connection: Connection, but: Collection[Bound]) -> int:
        left_alone = {*but, *self.untouched}
        if left_alone.issuperset(self._read):
            return 0
        if self._locked:
            self._locked = False
            return self._write(connection, [key for key in self._read if key not in left_alone])
        now = self._fetch(connection, self._span, self._read, left_alone, lock=True)
        changed = {key: values for key, values in now.items() if not same(values, self._read[key])}
        if changed:
            self._read.update(changed)
            self._computed.add(self._transform.computing.of(changed))
        return self._write(connection, now)

    def _write(self, connection: Connection, keys: Collection[Bound]) -> int:
        alike: defaultdict[tuple[str, ...], list[Written]] = defaultdict(list)
        for key in keys:
            if key in self._computed.values:
                names, values = self._computed.values[key]
                alike[names].append((self._encoded(key), values))
        rules, target = self._transform.rules, self._transform.target
        computing = self._transform.computing
        # A driver may refuse a value with an error that is none of its database errors.
        with user_code(f"writing what data migration {computing.name} returned", computing.path):
            return sum(rules.write_back(connection, target, names, rows) for names, rows in alike.items())

    def _encoded(self, key: Bound) -> Bound:
        return tuple(encode(value) for encode, value in zip(self._transform.key_encoders, key, strict=True))

    def _read_all(self, connection: Connection) -> dict[Bound, Any]:
        """The rows of the span that are still to do: those that were chosen, no more at a time than is likely to fit.

        Raises:
            TooManyBytesError: they hold too much.
        """
        budget, span = self._transform.budget, self._span
        if span.keys is None and budget.is_sure(span.count):
            found = self._fetch(connection, span, None, (), lock=self._locked)
            budget.refuse(budget.took(found.values()), len(found), span.count)
            return found
        keys = span.keys
        if keys is None:
            keys = self._rows.up_to(span.high).choose(connection, span.low, span.count)
        found = {}
        piece, low, total, count = 0, span.low, 0, 0
        while count < len(keys):
            piece = budget.piece(piece)
            some = Span.of(low, keys[count : count + piece])
            rows = self._fetch(connection, some, some.keys, (), lock=self._locked)
            found.update(rows)
            total += budget.took(rows.values())
            count += some.count
            low = some.high
            budget.refuse(total, count, len(keys))
        return found

    def _fetch(
        self,
        connection: Connection,
        span: Span,
        chosen: Collection[Bound] | None,
        but: Collection[Bound],
        *,
        lock: bool,
    ) -> dict[Bound, Any]:
        """The rows of a span that are still to do, as they are now, of those that were chosen (None: of all)."""
        columns = [*self._rows.key.columns, *self._transform.columns]
        statement = sa.select(*columns).select_from(self._rows.table).where(self._rows.in_span(span, but))
        if lock:
            statement = statement.with_for_update()
        width = len(self._rows.key.columns)
        # The types of the declaration read the values, and may be the user's own.
        with user_code(f"reading for data migration {self._transform.computing.name}"):
            found = {tuple(row[:width]): tuple(row[width:]) for row in connection.execute(statement).all()}
        if chosen is None:
            return found
        wanted = chosen if isinstance(chosen, Mapping) else frozenset(chosen)
        return {key: values for key, values in found.items() if key in wanted}
