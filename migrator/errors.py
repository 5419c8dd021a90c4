"""One tree of errors: each class has its exit code, says whether a re-run may help, and carries its remedy.

An error is raised where it is born, with fields; ``cli/`` words it.  No message holds a password, a row value or a
driver's own text.
"""

from __future__ import annotations

from typing import Any, ClassVar


class MigratorError(Exception):
    """Base of all errors of ours.

    Args:
        message: what is wrong and why it matters, one sentence or two.
        remedy: the next command or edit, as an order; empty where there is none.
        fields: what a machine may want (names, codes, counts); never row values.
    """

    exit_code: ClassVar[int] = 70
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, *, remedy: str = "", **fields: Any) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.fields = fields

    @property
    def kind(self) -> str:
        """The class as a kebab-case word, for JSON."""
        name = type(self).__name__.removesuffix("Error")
        return "".join(f"-{c.lower()}" if c.isupper() and i else c.lower() for i, c in enumerate(name))


# -- usage and configuration -------------------------------------------------------------------------------------


class UsageError(MigratorError):
    """An option or argument is wrong."""

    exit_code = 64


class ConfigurationError(MigratorError):
    """The project's files or settings can't be used as they are."""

    exit_code = 64


class MaxCountError(MigratorError):
    """``--max-count`` is not a whole number above 0; the code is Nova's."""

    exit_code = 127


class UserCodeError(MigratorError):
    """The user's own code (env.py, a revision, a data module) raised; names the file, line and exception class."""

    exit_code = 64


# -- findings and gates ------------------------------------------------------------------------------------------


class FindingsError(MigratorError):
    """The check found something; ``findings`` holds them."""

    exit_code = 3


class ClosedError(MigratorError):
    """A gate, an order or a requirement is not met yet."""

    exit_code = 4
    retryable = True


class AheadError(MigratorError):
    """The database is ahead of this code and incompatible with it, or the ledger doesn't know what it is."""

    exit_code = 7


# -- the database ------------------------------------------------------------------------------------------------


class DatabaseError(MigratorError):
    """A statement failed.

    ``fields``: ``error_class`` (the driver's exception class), ``code`` (SQLSTATE, errno or SQLite's error name) and,
    where the driver tells, ``constraint``, ``table``, ``column``.
    """

    exit_code = 8


class LockTimeoutError(DatabaseError):
    """A lock was not obtained in time; nothing of the statement happened."""

    exit_code = 5
    retryable = True


class DeadlockError(DatabaseError):
    """The server chose this transaction to break a deadlock or a serialization conflict."""

    exit_code = 5
    retryable = True


class CancelledError(DatabaseError):
    """The statement was cancelled on the server (statement timeout, cancel by somebody)."""


class UnreachableError(DatabaseError):
    """The server can't be reached, refuses the log-in or doesn't have the database."""

    exit_code = 6
    retryable = True


class ConnectionLostError(DatabaseError):
    """The connection went away under a statement: its outcome is unknown."""


class ReadOnlyError(DatabaseError):
    """The database, file or transaction is read-only."""


class MissingObjectError(DatabaseError):
    """A statement names a table or a column that isn't there."""


class DiskFullError(DatabaseError):
    """The server or the file system has no space left."""


class PrivilegeError(DatabaseError):
    """The role may not do this."""

    exit_code = 64


class TableMissingError(DatabaseError):
    """One of our own tables is not there yet."""


class PoolExhaustedError(DatabaseError):
    """Every connection of the application's pool was in use, for as long as the pool waits."""

    retryable = True


class RunnerBusyError(MigratorError):
    """Another runner holds the schema lock."""

    exit_code = 5
    retryable = True


class PoolerError(ConfigurationError):
    """A pooler in transaction mode stands between us and the server."""


# -- running -----------------------------------------------------------------------------------------------------


class RevisionFailedError(MigratorError):
    """A revision failed part-way; says which statement, what is done and what is not."""

    exit_code = 8


class FormRefusedError(MigratorError):
    """The server can do a change only in a way that keeps traffic out; nothing happened."""

    exit_code = 3


class BuildsThrownAwayError(MigratorError):
    """The server finished a build more than once and threw it away, for want of a lock at its end."""

    exit_code = 5


class UnknownOutcomeError(MigratorError):
    """An earlier run began a statement and nobody knows whether it took effect."""

    exit_code = 8


class InterruptedRunError(MigratorError):
    """A signal ended the run; what is done is recorded."""

    exit_code = 8
    retryable = True
