"""One table's rows in key order, and one batch of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import Connection

from migrator.data.kinds import UpdateMigration
from migrator.dialects.keys import Bound, Key, KeyRules
from migrator.errors import ConfigurationError


class TooManyRowsError(Exception):
    """Rows came into the range meanwhile: more would be changed than are allowed.  Take a smaller range."""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """What one batch did.  ``stuck`` are tried rows that the predicate still finds; their change was taken back."""

    high: Bound
    tried: int
    done: int
    stuck: int


@dataclass(frozen=True, kw_only=True)
class TableRows:
    """The rows of a set-based data migration by their key."""

    migration: UpdateMigration
    key: Key
    rules: KeyRules

    def change(
        self,
        connection: Connection,
        low: Bound | None,
        keys: Sequence[Bound],
        *,
        allowed: int,
        savepoint: bool = True,
    ) -> Batch:
        """Change the rows behind ``low`` up to the last of ``keys``, in the caller's transaction.

        Args:
            keys: the rows that :meth:`choose` found behind ``low``; at least one.
            allowed: how many may be changed, should others have come into the range since.
            savepoint: take the change of stuck rows back, else each pass would change them once more.

        Raises:
            TooManyRowsError: the caller rolls back and chooses fewer.
        """
        high = keys[-1]
        saved = connection.begin_nested() if savepoint else None
        changed = self._update(connection, low, high)
        if changed > allowed:
            raise TooManyRowsError
        found = self._found(connection, low, high)
        stuck = found.intersection(keys)
        newcomers = max(0, changed - len(keys))
        done = changed - len(stuck) - min(newcomers, len(found) - len(stuck))
        if saved is not None and stuck:
            saved.rollback()
            changed = self._update(connection, low, high, but=stuck) if len(stuck) < len(keys) else 0
            done = min(changed, len(keys) - len(stuck))
        elif saved is not None:
            saved.commit()
        return Batch(high=high, tried=max(len(keys), changed), done=max(0, done), stuck=len(stuck))

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

    def _still_to_do(self) -> sa.Select[tuple[object, ...]]:
        migration = self.migration
        columns = self.key.columns
        return sa.select(*columns).select_from(migration.table).where(migration.where).order_by(*columns)

    def _update(self, connection: Connection, low: Bound | None, high: Bound, but: Collection[Bound] = ()) -> int:
        migration = self.migration
        statement = (
            sa.update(migration.table)
            .where(self.rules.within(self.key, low, high), migration.where)
            .values({migration.table.c[name]: value for name, value in migration.set.items()})
        )
        if but:
            statement = statement.where(sa.not_(self.key.is_one_of(list(but))))
        return connection.execute(statement).rowcount

    def _found(self, connection: Connection, low: Bound | None, high: Bound) -> set[Bound]:
        statement = (
            sa.select(*self.key.columns)
            .select_from(self.migration.table)
            .where(self.rules.within(self.key, low, high), self.migration.where)
        )
        return {tuple(row) for row in connection.execute(statement)}


def table_rows(connection: Connection, migration: UpdateMigration, rules: KeyRules) -> TableRows:
    """The rows of this data migration; asks the catalogue for the key.

    Raises:
        ConfigurationError: the table has no usable key, or ``set`` changes it.
        NoSuchTableError: there is no such table.
    """
    table = migration.table
    key = rules.key_of(connection, table)
    if key is None:
        raise ConfigurationError(
            f"data migration {migration.name!r}: table {table.name!r} has no key by which batches could be cut:"
            " no primary key, and no unique key whose columns are all NOT NULL",
            remedy=f"add a primary key to {table.name!r} in an expand revision, or write a plain function instead",
            table=table.name,
        )
    moved = sorted(set(key.names) & set(migration.set))
    if moved:
        raise ConfigurationError(
            f"data migration {migration.name!r} changes {', '.join(moved)}, the key of table {table.name!r}:"
            " a row could move ahead and be changed twice",
            remedy="write a plain function (migrator.function_migration) for this change",
            table=table.name,
        )
    return TableRows(migration=migration, key=key, rules=rules)
