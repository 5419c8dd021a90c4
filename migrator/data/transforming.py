"""One batch of a transform: read, compute, then lock, compare with what was read, write."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection

from migrator.data.budget import Budget
from migrator.data.computing import Computing, same
from migrator.data.table_rows import Attempt, Span, TableRows
from migrator.dialects.keys import Bound
from migrator.dialects.writing import Encode, Target, WriteRules, Written
from migrator.errors import MigratorError
from migrator.scripts.usercode import user_code


@dataclass(frozen=True, kw_only=True)
class Transform:
    """What a transform needs for each batch, found out once."""

    computing: Computing
    columns: Sequence[ColumnElement[Any]]
    key_encoders: Sequence[Encode]
    rules: WriteRules
    target: Target
    budget: Budget


class Transforming(Attempt):
    """A batch.  What it computes from rows that nobody locked is used only where they are still the same once locked:
    a value that a client wrote meanwhile is never overwritten by one computed from the value before it."""

    def __init__(self, transform: Transform, rows: TableRows, span: Span, connection: Connection) -> None:
        self._transform, self._rows, self._span = transform, rows, span
        self._read = self._fetch_in_pieces(connection)
        self._computed = transform.computing.of(self._read)

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
        now = self._fetch(connection, left_alone, lock=True)
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

    def _fetch_in_pieces(self, connection: Connection) -> dict[Bound, Any]:
        """The chosen rows that are still to do, no more at a time than is likely to fit."""
        budget, keys = self._transform.budget, self._span.keys
        found: dict[Bound, Any] = {}
        piece, low, total, count = 0, self._span.low, 0, 0
        while count < len(keys):
            piece = budget.piece(piece)
            some = Span(low=low, keys=keys[count : count + piece])
            rows = self._fetch(connection, (), span=some)
            found.update(rows)
            total += budget.took(rows.values())
            count += len(some.keys)
            low = some.high
            budget.refuse(total, count, len(keys))
        return found

    def _fetch(
        self, connection: Connection, but: Collection[Bound], *, lock: bool = False, span: Span | None = None
    ) -> dict[Bound, Any]:
        """The chosen rows that are still to do, or those of a part of them, as they are now."""
        span = span or self._span
        columns = [*self._rows.key.columns, *self._transform.columns]
        statement = sa.select(*columns).select_from(self._rows.table).where(self._rows.in_span(span, but))
        if lock:
            statement = statement.with_for_update()
        width = len(self._rows.key.columns)
        chosen = frozenset(span.keys)
        # The types of the declaration read the values, and may be the user's own.
        with user_code(f"reading for data migration {self._transform.computing.name}"):
            found = {tuple(row[:width]): tuple(row[width:]) for row in connection.execute(statement)}
        return {key: values for key, values in found.items() if key in chosen}
