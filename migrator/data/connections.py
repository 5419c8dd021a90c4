"""The two connections of a run: one asks, one writes.  A lost one is opened again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from types import TracebackType

from sqlalchemy import Connection

from migrator.db.database import Database
from migrator.db.translate import translated

_WRITES = "data"


class Connections:
    """Opened at first use; closed at the end of the ``with`` block.

    ``sessions`` are the server's names of those that lock rows.

    Args:
        one_process: questions leave the server's other processes to others, and take longer.
    """

    def __init__(self, database: Database, *, one_process: bool = False) -> None:
        self.database = database
        self._one_process = one_process
        self.sessions: tuple[str, ...] = ()
        self._open: dict[str, tuple[Connection, ExitStack]] = {}

    def __enter__(self) -> Connections:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for name in list(self._open):
            self._close(name)

    @contextmanager
    def asking(self) -> Iterator[Connection]:
        """For questions, in autocommit: they hold no transaction open, and no lock on SQLite's file.

        Raises:
            DatabaseError: a question failed.
        """
        with translated(self.database.pack.errors):
            connection = self._get("data question", self.database.autocommit)
            try:
                yield connection
            finally:
                connection.rollback()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A transaction that the caller commits, by ``connection.commit()``; what isn't committed is rolled back.

        The user's function runs inside and may commit too, so SQLAlchemy's own context manager isn't used: it refuses
        every statement after that.

        Raises:
            DatabaseError: BEGIN, a statement inside, or COMMIT failed.
        """
        with translated(self.database.pack.errors):
            connection = self._get(_WRITES, self.database.session)
            connection.begin()
            try:
                self.database.pack.session.begin(connection)
                yield connection
            finally:
                if connection.in_transaction():
                    connection.rollback()

    @contextmanager
    def outside(self) -> Iterator[Connection]:
        """No transaction of ours; what the caller leaves open is committed.  On SQLite the file isn't locked.

        Raises: as :meth:`transaction`.
        """
        with translated(self.database.pack.errors):
            connection = self._get(_WRITES, self.database.session)
            try:
                yield connection
                connection.commit()
            finally:
                if connection.in_transaction():
                    connection.rollback()

    def _get(self, name: str, opener: Callable[[str], AbstractContextManager[Connection]]) -> Connection:
        known = self._open.get(name)
        if known is not None and not known[0].invalidated:
            return known[0]
        self._close(name)
        stack = ExitStack()
        connection = stack.enter_context(opener(name))
        self._open[name] = (connection, stack)
        if name == _WRITES:
            self.sessions = (self.database.pack.session.session_id(connection),)
            connection.rollback()
        elif self._one_process:
            self.database.pack.session.keep_to_one_process(connection)
        return connection

    def _close(self, name: str) -> None:
        known = self._open.pop(name, None)
        if known is not None:
            known[1].close()
