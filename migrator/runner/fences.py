"""Fences: what makes new old-shape rows impossible between the last question and the drop."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import Connection

from migrator.data.fences import fence_of
from migrator.data.kinds import DataMigration, Fence
from migrator.db.database import Database
from migrator.errors import DatabaseError, MigratorError, PrivilegeError


@dataclass(frozen=True, kw_only=True)
class RaisedFence:
    """A fence in the catalogue, by its name there."""

    migration: str
    fence: Fence
    name: str

    @property
    def table(self) -> sa.TableClause:
        return self.fence.table


@dataclass(frozen=True, kw_only=True)
class Fences:
    """``raised`` stand in the catalogue; ``notes`` say of each data migration without one why it has none."""

    raised: tuple[RaisedFence, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def tables(self) -> tuple[tuple[str | None, str], ...]:
        """(schema, table) of each fence, each once."""
        return tuple(dict.fromkeys((_schema(one.table), one.table.name) for one in self.raised))


@contextmanager
def fenced(database: Database, migrations: Sequence[DataMigration]) -> Iterator[Fences]:
    """Raise the fences of data migrations; on any exception take them down again, so that a contract that stays
    closed does not go on refusing writes.

    Locks: on PostgreSQL ACCESS EXCLUSIVE for a moment (the check is NOT VALID, nothing is scanned); on MySQL and
    MariaDB a metadata lock for a moment.  Each is waited for up to the lock timeout.
    """
    raised: list[RaisedFence] = []
    notes: list[str] = []
    try:
        for migration in migrations:
            _raise(database, migration, raised, notes)
        yield Fences(raised=tuple(raised), notes=tuple(notes))
    except BaseException:
        _lower_all(database, raised)
        raise


def lower(database: Database, connection: Connection, fences: Fences) -> None:
    """Take fences down on this connection, where they are still up (most go with their column)."""
    for one in fences.raised:
        if database.pack.fence.is_partly_up(connection, one.table, one.name):
            with database.step("unfence", one.migration):
                _send(connection, database.pack.fence.lower_statements(one.table, one.name))


def _raise(database: Database, migration: DataMigration, raised: list[RaisedFence], notes: list[str]) -> None:
    rules, fence = database.pack.fence, fence_of(migration)
    if rules.in_transaction:
        return  # the write transaction that asks and drops keeps everybody out
    if fence is None:
        notes.append(f"{migration.name}: not fenced (it declares no fence)")
        return
    name = rules.name(migration.name, fence.table)
    statements = rules.raise_statements(fence.table, fence.refuse, name)
    if statements is None:
        notes.append(f"{migration.name}: not fenced (this predicate can't be asked of a single new row)")
        return
    one = RaisedFence(migration=migration.name, fence=fence, name=name)
    raised.append(one)
    try:
        with database.autocommit("fence") as connection, database.step("fence", migration.name):
            if rules.is_partly_up(connection, fence.table, name):
                # An earlier run's, which may have been killed half-way or may have had another predicate.
                _send(connection, rules.lower_statements(fence.table, name))
            _send(connection, statements)
    except PrivilegeError as error:
        raised.remove(one)
        notes.append(f"{migration.name}: not fenced (this role may not raise one: {error.fields.get('code', '')})")


def _send(connection: Connection, statements: Sequence[str]) -> None:
    for statement in statements:
        # Complete text: a per cent sign in it is no placeholder.
        connection.exec_driver_sql(statement, execution_options={"no_parameters": True})


def _lower_all(database: Database, raised: Sequence[RaisedFence]) -> None:
    if not raised:
        return
    try:
        with database.autocommit("fence") as connection:
            lower(database, connection, Fences(raised=tuple(raised)))
    except MigratorError as error:
        # The reason why we are here matters more; what was left up is found again by the next run.
        if not isinstance(error, DatabaseError):
            raise


def _schema(table: sa.TableClause) -> str | None:
    schema: str | None = table.schema
    return schema
