"""What a plain function gets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


class Context:
    """The first argument of a plain function.

    What the function does through ``connection`` or ``session`` commits in one transaction with our counters: each
    row is changed exactly once, also when the process is killed.
    """

    def __init__(self, connection: Connection, name: str) -> None:
        self._connection = connection
        self._name = name
        self._session: Session | None = None

    @property
    def connection(self) -> Connection:
        """A SQLAlchemy connection in our transaction.  Don't commit on it."""
        return self._connection

    @property
    def session(self) -> Session:
        """An ORM session in our transaction: its ``commit()`` ends a savepoint only, and is called for you."""
        if self._session is None:
            from sqlalchemy.orm import Session

            self._session = Session(bind=self._connection, join_transaction_mode="create_savepoint")
        return self._session

    @property
    def name(self) -> str:
        """The data migration's name."""
        return self._name

    def finish(self) -> None:
        """Write what the session holds and end it; called after the function has returned."""
        if self._session is not None:
            self._session.commit()
            self._session.close()

    def abandon(self) -> None:
        """End the session without writing; called after the function has raised."""
        if self._session is not None:
            self._session.close()
