"""One table's rows in key order, and one batch of them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection, CursorResult
from sqlalchemy.exc import DBAPIError, NoSuchTableError

from migrator.data.attempt import Batch, Begin, Care, CareNeededError, Span, TooManyRowsError
from migrator.dialects import pack_for
from migrator.dialects.keys import Bound, Key, KeyRules
from migrator.errors import ConfigurationError, DatabaseError, MigratorError, UserCodeError

_DENSE = 0.9
_LOW, _HIGH = "migrator_low", "migrator_high"


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
    counts: bool = False
    """Whether a batch tells by itself how many rows it had, so that nobody need ask before."""
    _made: dict[bool, sa.Update] = field(default_factory=dict, init=False, repr=False, compare=False)

    def change(
        self,
        connection: Connection,
        span: Span,
        *,
        allowed: int,
        most_errors: int = 0,
        care: Care = Care.TAKE_BACK,
    ) -> Batch:
        """Do the rows of a span, in the caller's transaction.

        Args:
            span: what :meth:`next_span` found; with its keys unless the care is to ask.
            allowed: how many may be changed, should others have come into the range since.
            most_errors: how many rows may fail by themselves.  Where a statement fails because of a row, the batch is
                halved down to that row, and the others go on; behind the last one allowed the batch ends.  With 0 the
                error is raised.
            care: taking the change of stuck rows back keeps later passes from changing them once more.

        Raises:
            TooManyRowsError: the caller rolls back and chooses fewer.
            CareNeededError: the care was to ask.
            DBAPIError, UserCodeError: a statement or the user's function failed, and not because of a single row.
        """
        left = _Left(rows=allowed, errors=most_errors)
        return self._change(connection, span, left, care)

    def _change(self, connection: Connection, span: Span, left: _Left, care: Care) -> Batch:
        if care is Care.TAKE_BACK:
            connection.begin_nested()
        try:
            batch = self._once(connection, span, left.rows, care)
            if care is not Care.LEAVE and batch.error is not None and batch.failed > left.errors:
                raise batch.error
        except (DBAPIError, UserCodeError) as error:
            known = _of_a_row(connection, error)
            if known is None or care is Care.LEAVE or not left.errors:
                raise
            if care is Care.ASK:
                raise CareNeededError from None
            _take_back(connection)
            if span.count > 1:
                return self._halved(connection, span, left)
            batch = Batch(high=span.high, tried=1, done=0, stuck=1, errors={span.high: known})
        else:
            if care is Care.TAKE_BACK:
                _keep(connection)
        left.spend(batch)
        return batch

    def _halved(self, connection: Connection, span: Span, left: _Left) -> Batch:
        """The lower half, then the upper one, if rows may fail there yet."""
        keys = span.keys or ()
        middle = len(keys) // 2
        lower = self._change(connection, Span.of(span.low, keys[:middle]), left, Care.TAKE_BACK)
        if not left.errors or lower.high != keys[middle - 1]:
            return lower
        upper = Span.of(lower.high, keys[middle:])
        return lower.and_then(self._change(connection, upper, left, Care.TAKE_BACK))

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

    def _once(self, connection: Connection, span: Span, allowed: int, care: Care) -> Batch:
        """One attempt at a span, in the savepoint that the caller has made, if any."""
        attempt = self.begin(connection, self, span)
        changed = attempt.apply(connection, ())
        if changed > allowed:
            raise TooManyRowsError
        if care is not Care.LEAVE:
            attempt.refuse_written()
        found = set[Bound]() if attempt.all_gone and changed >= span.count else self._found(connection, span)
        if span.keys is None and not found.issubset(attempt.untouched):
            raise CareNeededError
        stuck = found if span.keys is None else found.intersection(span.keys)
        if care is not Care.LEAVE and not stuck.issubset(attempt.untouched):
            if care is Care.ASK:
                raise CareNeededError
            _take_back(connection)
            connection.begin_nested()
            changed = attempt.apply(connection, stuck) if len(stuck) < span.count else 0
        newcomers = max(0, changed - span.count)
        done = min(changed - min(newcomers, len(found) - len(stuck)), span.count + newcomers - len(stuck))
        return Batch(
            high=span.high,
            tried=max(span.count, changed),
            done=max(0, done),
            stuck=len(stuck),
            errors=dict(attempt.errors),
        )

    def next_span(
        self,
        connection: Connection,
        low: Bound | None,
        limit: int,
        *,
        left: int | None = None,
        named: bool = False,
        dense: bool = False,
    ) -> Span | None:
        """The next rows that the predicate finds behind ``low``; None where there is none.

        Args:
            limit: at most so many.
            left: about how many there still are; None where nobody knows.
            named: with their keys, which a batch needs that takes back what it did to some.
            dense: nearly each key in the range before was a row to do (:func:`is_dense`).  Then the end is reckoned,
                not looked up, where the kind allows it.
        """
        if not named and (left is None or left > limit):
            if dense and self.counts and low is not None and (end := self.key.ahead(low, limit)) is not None:
                return Span(low=low, high=end, count=0)
            high = self.nth(connection, limit, behind=low)
            if high is not None:
                return Span(low=low, high=high, count=limit)
        keys = self.choose(connection, low, limit)
        return Span.of(low, keys) if keys else None

    def choose(self, connection: Connection, low: Bound | None, limit: int) -> list[Bound]:
        """The keys of the next rows that the predicate finds behind ``low``, in order."""
        statement = self._still_to_do().limit(limit)
        if low is not None:
            statement = statement.where(self.rules.after(self.key, low))
        return [tuple(row) for row in connection.execute(statement).all()]

    def nth(self, connection: Connection, count: int, *, behind: Bound | None = None) -> Bound | None:
        """The key of the ``count``-th row (from 1) that the predicate finds behind a key (None: of all); None for 0 and
        where there are fewer."""
        if count < 1:
            return None
        statement = self._still_to_do().limit(1).offset(count - 1)
        if behind is not None:
            statement = statement.where(self.rules.after(self.key, behind))
        row = connection.execute(statement).first()
        return None if row is None else tuple(row)

    def last(self, connection: Connection, low: Bound | None) -> Bound | None:
        """The key of the last row that the predicate finds behind ``low``; None where there is none."""
        columns = [column.desc() for column in self.key.columns]
        statement = self._still_to_do().order_by(None).order_by(*columns).limit(1)
        if low is not None:
            statement = statement.where(self.rules.after(self.key, low))
        row = connection.execute(statement).first()
        return None if row is None else tuple(row)

    def up_to(self, high: Bound) -> TableRows:
        """The same up to and including this key."""
        return replace(self, todo=sa.and_(self.todo, self.rules.within(self.key, None, high)))

    def in_span(
        self, span: Span, but: Collection[Bound] = (), *, todo: ColumnElement[bool] | None = None
    ) -> ColumnElement[bool]:
        """True for the rows of the span that are still to do, but for some; ``todo`` in place of the predicate."""
        inside = sa.and_(self.rules.within(self.key, span.low, span.high), self.todo if todo is None else todo)
        return sa.and_(inside, sa.not_(self.key.is_one_of(list(but)))) if but else inside

    def run_made_once(
        self, connection: Connection, span: Span, make: Callable[[ColumnElement[bool]], sa.Update]
    ) -> CursorResult[Any]:
        """Run the kind's one statement over the span's rows that are still to do: made at its first use, and given its
        bounds at each, since to put it together takes as long as a round trip."""
        first = span.low is None
        if first not in self._made:
            inside = self.rules.within(self.key, None if first else self.key.named(_LOW), self.key.named(_HIGH))
            self._made[first] = make(sa.and_(inside, self.todo))
        low = {} if span.low is None else self.key.values(_LOW, span.low)
        return connection.execute(self._made[first], {**low, **self.key.values(_HIGH, span.high)})

    def _still_to_do(self) -> sa.Select[tuple[object, ...]]:
        columns = self.key.columns
        return sa.select(*columns).select_from(self.table).where(self.todo).order_by(*columns)

    def _found(self, connection: Connection, span: Span) -> set[Bound]:
        """The keys of the rows of a span that are still to do."""
        statement = sa.select(*self.key.columns).select_from(self.table).where(self.in_span(span))
        return {tuple(row) for row in connection.execute(statement).all()}


def is_dense(low: Bound | None, high: Bound, rows: int) -> bool:
    """Whether so many rows fill the range behind ``low`` up to ``high``, but for a tenth."""
    if low is None or type(low[0]) is not int or type(high[0]) is not int:
        return False
    return rows > _DENSE * (high[0] - low[0])


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

    @property
    def counts(self) -> bool: ...

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
    return TableRows(
        table=table,
        todo=migration.still_to_do(connection),
        key=key,
        rules=rules,
        begin=begin,
        counts=migration.counts,
    )
