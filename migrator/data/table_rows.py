"""One table's rows in key order, and one batch of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeAlias

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection
from sqlalchemy.exc import DBAPIError, NoSuchTableError

from migrator.dialects import pack_for
from migrator.dialects.keys import Bound, Key, KeyRules
from migrator.errors import ConfigurationError, DatabaseError, MigratorError, UserCodeError


class TooManyRowsError(Exception):
    """Rows came into the range meanwhile: more would be changed than are allowed.  Take a smaller range."""


@dataclass(frozen=True, kw_only=True)
class Span:
    """The rows behind ``low`` (None: from the first) up to the last of ``keys``, which are those that were chosen."""

    low: Bound | None
    keys: Sequence[Bound]

    @property
    def high(self) -> Bound:
        return self.keys[-1]


class Attempt(ABC):
    """What a kind does to the rows of one batch.  Applied once, or once more after what it did was rolled back."""

    @abstractmethod
    def apply(self, connection: Connection, but: Collection[Bound]) -> int:
        """Do the rows of the span that are still to do, but for some, in the caller's transaction; how many it did."""

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


@dataclass(kw_only=True)
class _Left:
    """How many rows may still be changed, and how many fail, in a batch that is halved."""

    rows: int
    errors: int

    def spend(self, batch: Batch) -> None:
        self.rows -= batch.tried
        self.errors -= batch.failed


@dataclass(frozen=True, kw_only=True)
class TableRows:
    """The rows of a keyed data migration: their table, the predicate ``todo``, their key, and how a batch is done."""

    table: sa.TableClause
    todo: ColumnElement[bool]
    key: Key
    rules: KeyRules
    begin: Begin

    def change(
        self,
        connection: Connection,
        low: Bound | None,
        keys: Sequence[Bound],
        *,
        allowed: int,
        most_errors: int = 0,
        savepoint: bool = True,
    ) -> Batch:
        """Do the rows behind ``low`` up to the last of ``keys``, in the caller's transaction.

        Args:
            keys: the rows that :meth:`choose` found behind ``low``; at least one.
            allowed: how many may be changed, should others have come into the range since.
            most_errors: how many rows may fail by themselves.  Where a statement fails because of a row, the batch is
                halved down to that row, and the others go on; behind the last one allowed the batch ends.  With 0 the
                error is raised.
            savepoint: take the change of stuck rows back, else each pass would change them once more.

        Raises:
            TooManyRowsError: the caller rolls back and chooses fewer.
            DBAPIError, UserCodeError: a statement or the user's function failed, and not because of a single row.
        """
        left = _Left(rows=allowed, errors=most_errors)
        return self._change(connection, Span(low=low, keys=keys), left, savepoint=savepoint)

    def _change(self, connection: Connection, span: Span, left: _Left, *, savepoint: bool) -> Batch:
        if savepoint:
            connection.begin_nested()
        try:
            batch = self._once(connection, span, left.rows, savepoint=savepoint)
            if savepoint and batch.error is not None and batch.failed > left.errors:
                raise batch.error
        except (DBAPIError, UserCodeError) as error:
            known = _of_a_row(connection, error)
            if known is None or not savepoint or not left.errors:
                raise
            _take_back(connection)
            if len(span.keys) > 1:
                return self._halved(connection, span, left)
            batch = Batch(high=span.high, tried=1, done=0, stuck=1, errors={span.high: known})
        else:
            if savepoint:
                _keep(connection)
        left.spend(batch)
        return batch

    def _halved(self, connection: Connection, span: Span, left: _Left) -> Batch:
        """The lower half, then the upper one, if rows may fail there yet."""
        middle = len(span.keys) // 2
        lower = self._change(connection, replace(span, keys=span.keys[:middle]), left, savepoint=True)
        if not left.errors or lower.high != span.keys[middle - 1]:
            return lower
        upper = Span(low=lower.high, keys=span.keys[middle:])
        return lower.and_then(self._change(connection, upper, left, savepoint=True))

    def without(self, keys: Collection[Bound]) -> TableRows:
        """The same but for the rows with these keys."""
        return replace(self, todo=sa.and_(self.todo, sa.not_(self.key.is_one_of(list(keys))))) if keys else self

    def only(self, keys: Collection[Bound]) -> TableRows:
        """Of the same those with these keys."""
        return replace(self, todo=sa.and_(self.todo, self.key.is_one_of(list(keys))))

    def count(self, connection: Connection) -> int:
        """How many rows are still to do."""
        statement = sa.select(sa.func.count()).select_from(self.table).where(self.todo)
        return int(connection.execute(statement).scalar_one())

    def _once(self, connection: Connection, span: Span, allowed: int, *, savepoint: bool) -> Batch:
        """One attempt at a span, in the savepoint that the caller has made, if any."""
        attempt = self.begin(connection, self, span)
        changed = attempt.apply(connection, ())
        if changed > allowed:
            raise TooManyRowsError
        found = self._found(connection, span)
        keys, stuck = span.keys, found.intersection(span.keys)
        if savepoint and not stuck.issubset(attempt.untouched):
            _take_back(connection)
            connection.begin_nested()
            changed = attempt.apply(connection, stuck) if len(stuck) < len(keys) else 0
        newcomers = max(0, changed - len(keys))
        done = min(changed - min(newcomers, len(found) - len(stuck)), len(keys) + newcomers - len(stuck))
        return Batch(
            high=span.high,
            tried=max(len(keys), changed),
            done=max(0, done),
            stuck=len(stuck),
            errors=dict(attempt.errors),
        )

    def choose(self, connection: Connection, low: Bound | None, limit: int) -> list[Bound]:
        """The keys of the next rows that the predicate finds behind ``low``, in order."""
        statement = self._still_to_do().limit(limit)
        if low is not None:
            statement = statement.where(self.rules.after(self.key, low))
        return [tuple(row) for row in connection.execute(statement)]

    def nth(self, connection: Connection, count: int) -> Bound | None:
        """The key of the ``count``-th row (from 1) that the predicate finds; None for 0 and where there are fewer."""
        if count < 1:
            return None
        row = connection.execute(self._still_to_do().limit(1).offset(count - 1)).first()
        return None if row is None else tuple(row)

    def in_span(
        self, span: Span, but: Collection[Bound] = (), *, todo: ColumnElement[bool] | None = None
    ) -> ColumnElement[bool]:
        """True for the rows of the span that are still to do, but for some; ``todo`` in place of the predicate."""
        inside = sa.and_(self.rules.within(self.key, span.low, span.high), self.todo if todo is None else todo)
        return sa.and_(inside, sa.not_(self.key.is_one_of(list(but)))) if but else inside

    def _still_to_do(self) -> sa.Select[tuple[object, ...]]:
        columns = self.key.columns
        return sa.select(*columns).select_from(self.table).where(self.todo).order_by(*columns)

    def _found(self, connection: Connection, span: Span) -> set[Bound]:
        """The keys of the rows of a span that are still to do."""
        statement = sa.select(*self.key.columns).select_from(self.table).where(self.in_span(span))
        return {tuple(row) for row in connection.execute(statement)}


def _of_a_row(connection: Connection, error: Exception) -> MigratorError | None:
    """The error where it may be a single row's; None where it is one of the statement, the server or other sessions."""
    if isinstance(error, UserCodeError):
        return error
    rules = pack_for(connection.dialect).errors
    if not isinstance(error, DBAPIError) or error.orig is None or rules.statement_refused(error.orig):
        return None
    known = rules.translate(error)
    return known if type(known) is DatabaseError else None


def _take_back(connection: Connection) -> None:
    nested = connection.get_nested_transaction()
    if nested is not None:
        nested.rollback()


def _keep(connection: Connection) -> None:
    nested = connection.get_nested_transaction()
    if nested is not None:
        nested.commit()


class Keyed(Protocol):
    """What a data migration tells of itself for its rows to be found."""

    @property
    def name(self) -> str: ...

    @property
    def rows_of(self) -> sa.TableClause: ...

    @property
    def changed(self) -> Collection[str]: ...

    def still_to_do(self, connection: Connection) -> ColumnElement[bool]: ...

    def work(self, connection: Connection, key: Key) -> Begin: ...


def table_rows(connection: Connection, migration: Keyed, rules: KeyRules) -> TableRows:
    """The rows of this data migration; asks the catalogue for the key.

    Raises:
        ConfigurationError: the table has no usable key, or the data migration changes it.
        DatabaseError: there is no such table (``error_class`` NoSuchTableError).
    """
    try:
        return _table_rows(connection, migration, rules)
    except NoSuchTableError as error:
        raise DatabaseError(
            f"table {error.args[0]!r} doesn't exist" if error.args else "a table doesn't exist",
            remedy="name the expand that makes it in `requires`",
            error_class=NoSuchTableError.__name__,
        ) from None


def _table_rows(connection: Connection, migration: Keyed, rules: KeyRules) -> TableRows:
    table = migration.rows_of
    key = rules.key_of(connection, table)
    if key is None:
        raise ConfigurationError(
            f"data migration {migration.name!r}: table {table.name!r} has no key by which batches could be cut:"
            " no primary key, and no unique key whose columns are all NOT NULL",
            remedy=f"add a primary key to {table.name!r} in an expand revision, or write a plain function instead",
            table=table.name,
        )
    moved = sorted(set(key.names) & set(migration.changed))
    if moved:
        raise ConfigurationError(
            f"data migration {migration.name!r} changes {', '.join(moved)}, the key of table {table.name!r}:"
            " a row could move ahead and be changed twice",
            remedy="write a plain function (migrator.function_migration) for this change",
            table=table.name,
        )
    begin = migration.work(connection, key)
    return TableRows(table=table, todo=migration.still_to_do(connection), key=key, rules=rules, begin=begin)
