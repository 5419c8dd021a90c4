"""A DBAPI that keeps what it is sent and answers with no row: what a revision runs on while it is recorded.

It stands under a real Engine, so sessions, savepoints, raw cursors and executemany all work; no driver is needed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any

from migrator.dialects.answering import Answer, column_names, returned_names

_ANSWERS_ONE = re.compile(r"^\s*select\s+(?:count\s*\(|exists\s*\(|nextval\s*\()", re.IGNORECASE)
_READS = re.compile(r"^\s*(?:\(*\s*select|show|pragma|values|with|explain|describe|desc)\b", re.IGNORECASE)
_WRITES = re.compile(
    r"\b(?:insert\s+into|delete\s+from|merge\s+into|update\s+(?:only\s+)?[\w.\"`]+(?:\s+(?:as\s+)?\w+)?\s+set)\b",
    re.IGNORECASE,
)

Sent = Callable[[str, Any, Any], Answer | None]
"""Called with each statement: the SQL, its parameters, and what was announced on its cursor (None for a raw cursor).
None comes back where it is answered by no row."""


class FakeError(Exception):
    """Stands for every exception class of a driver; nothing here raises it."""


class FakeDBAPI:
    """The module, as far as SQLAlchemy asks for one."""

    apilevel = "2.0"
    threadsafety = 1
    paramstyle = "qmark"
    sqlite_version_info = (3, 45, 0)
    sqlite_version = "3.45.0"
    STRING = str
    BINARY = bytes
    NUMBER = int
    DATETIME = object
    ROWID = int
    Warning = FakeError
    Error = FakeError
    InterfaceError = FakeError
    DatabaseError = FakeError
    DataError = FakeError
    OperationalError = FakeError
    IntegrityError = FakeError
    InternalError = FakeError
    ProgrammingError = FakeError
    NotSupportedError = FakeError

    @staticmethod
    def Binary(value: Any) -> Any:
        """The driver's wrapper for bytes."""
        return value


class FakeCursor:
    """Keeps each statement; ``columns`` are set by the recorder where SQLAlchemy expects certain ones."""

    arraysize = 1

    def __init__(self, connection: FakeConnection) -> None:
        self.connection = connection
        self.columns: Sequence[str] | None = None
        self.announced: Any = None
        self.description: Sequence[tuple[Any, ...]] | None = None
        self.rowcount: Any = 0
        self.lastrowid: Any = 1
        self._rows: Iterator[tuple[Any, ...]] = iter(())
        self._answer: Answer | None = None

    def execute(self, sql: str, parameters: Any = None) -> FakeCursor:
        """Keep the statement.  Unless it has an answer, a SELECT gives no row; count(), exists() and nextval() 0."""
        self._rows, self.rowcount = iter(()), 0
        names = self.columns if self.columns is not None else _names(sql)
        known = names is not None
        names = ["?column?"] if names is None else names
        announced, self.announced, self.columns = self.announced, None, None
        self._answer = self.connection.sent(sql, parameters, announced)
        if self._answer is not None and not known:
            names = self._answer.columns or names
        self.description = [(name, None, None, None, None, None, None) for name in names] or None
        if self._answer is not None:
            self.lastrowid = self._answer.given_key()
            self.rowcount = -1 if self.description else self._answer.changed()
        elif len(names) == 1 and _ANSWERS_ONE.match(sql):
            self._rows = iter([(0,)])
        return self

    def executemany(self, sql: str, parameters: Any) -> FakeCursor:
        """As execute; the statement is kept once."""
        return self.execute(sql, parameters)

    def _decide(self) -> None:
        """Whether there are rows is a question from the moment somebody looks."""
        answer, self._answer = self._answer, None
        if answer is not None and self.description is not None:
            self._rows = answer.rows(len(self.description))

    def fetchone(self) -> tuple[Any, ...] | None:
        """The next row, or None."""
        self._decide()
        return next(self._rows, None)

    def fetchmany(self, size: int | None = None) -> list[tuple[Any, ...]]:
        """Up to ``size`` rows; may be empty."""
        self._decide()
        return list(islice(self._rows, size or 1))

    def fetchall(self) -> list[tuple[Any, ...]]:
        """All remaining rows; may be empty."""
        self._decide()
        return list(self._rows)

    def __iter__(self) -> Any:
        return iter(self.fetchall())

    def __enter__(self) -> FakeCursor:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def setinputsizes(self, *sizes: Any) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""


class FakeConnection:
    """One connection; COMMIT and ROLLBACK do nothing."""

    def __init__(self, sent: Sent) -> None:
        self.sent = sent
        self.autocommit = False

    def cursor(self, *arguments: Any, **options: Any) -> FakeCursor:
        """A new cursor."""
        return FakeCursor(self)

    def execute(self, sql: str, parameters: Any = None) -> FakeCursor:
        """The short cut that some drivers have."""
        return self.cursor().execute(sql, parameters)

    def set_isolation_level(self, level: Any) -> None:
        """psycopg2's, which ends the transaction by itself."""
        self.sent("ROLLBACK", None, None)

    def commit(self) -> None:
        """Nothing."""

    def rollback(self) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""


def _names(sql: str) -> Sequence[str] | None:
    """The columns of the answer as the text names them; empty for none, None where it doesn't name them."""
    if _READS.match(sql) and not _WRITES.search(sql):
        return column_names(sql)
    return returned_names(sql)
