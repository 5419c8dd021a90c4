"""One call of the user's function, and what it did with the transaction that we gave it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.exc import SQLAlchemyError

from migrator.data.context import Context
from migrator.data.kinds import DataMigration
from migrator.errors import UserCodeError
from migrator.scripts.usercode import user_code

_READS = ("select", "show", "explain", "pragma", "set", "savepoint", "release", "rollback", "begin", "values")


@dataclass(kw_only=True)
class Watch:
    """What came over our connection: a commit, a statement that writes."""

    committed: bool = False
    wrote: bool = False

    @contextmanager
    def over(self, connection: Connection) -> Iterator[None]:
        """Watch a connection during the block."""

        def commit(_: Connection) -> None:
            self.committed = True

        def execute(_c: Any, _cursor: Any, statement: str, _p: Any, _context: Any, _many: bool) -> None:
            self.wrote = self.wrote or not statement.lstrip(" \t\r\n(").lower().startswith(_READS)

        event.listen(connection, "commit", commit)
        event.listen(connection, "before_cursor_execute", execute)
        try:
            yield
        finally:
            event.remove(connection, "commit", commit)
            event.remove(connection, "before_cursor_execute", execute)


def call(migration: DataMigration, connection: Connection, max_count: int) -> tuple[int, int]:
    """Call the function and return (found, done).

    Raises:
        UserCodeError: it raised, or returned something else.
        DBAPIError: a statement of its own failed.
    """
    context = Context(connection, migration.name)
    try:
        with user_code(f"data migration {migration.name}", migration.path):
            result = migration(context, max_count)
            context.finish()
    except BaseException:
        with suppress(SQLAlchemyError):  # what was raised before says more
            context.abandon()
        raise
    return _counts(migration.name, result)


def _counts(name: str, result: object) -> tuple[int, int]:
    if not isinstance(result, tuple | list) or len(result) != 2 or not all(type(one) is int for one in result):
        raise UserCodeError(
            f"data migration {name} returned a {type(result).__name__} that isn't two whole numbers",
            remedy="return (found, done): how many rows it found, at most max_count, and how many of them it did",
            error_class=type(result).__name__,
        )
    found, done = result
    if not 0 <= done <= found:
        raise UserCodeError(
            f"data migration {name} returned found={found}, done={done}: done must be from 0 to found",
            remedy="return (found, done): how many rows it found, at most max_count, and how many of them it did",
            error_class="ValueError",
        )
    return found, done
