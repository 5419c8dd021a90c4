"""One wording of a driver's error for all dialects: class, code and names, never the driver's own text."""

from __future__ import annotations

from migrator import errors

_MEANING: dict[type[errors.DatabaseError], tuple[str, str]] = {
    errors.LockTimeoutError: (
        "a lock was not obtained within the lock timeout; the statement did nothing",
        "run again when the transaction that holds the lock has ended, or raise --lock-timeout",
    ),
    errors.DeadlockError: (
        "the server ended this transaction to resolve a deadlock or conflict",
        "run again",
    ),
    errors.CancelledError: ("the statement was cancelled on the server", "run again"),
    errors.ReadOnlyError: (
        "the database is read-only for this session",
        "run against the primary, or make the file and its folder writable",
    ),
    errors.DiskFullError: ("the server has no disk space left", "free space on the server, then run again"),
    errors.PrivilegeError: ("this role may not do that", "run as a role with the privilege, or grant it"),
    errors.ConnectionLostError: (
        "the connection to the server was lost; the outcome of the statement is unknown",
        "run again: what was done is found before anything is repeated",
    ),
    errors.UnreachableError: ("the server does not answer", "check that it runs, then run again"),
}
_REFUSED = (
    "the server refused the statement",
    "mend the revision or the data (the server's log says more), then run again",
)


def names_of(**names: str | None) -> dict[str, str]:
    """The names that the driver told, without the empty ones."""
    return {key: value for key, value in names.items() if value}


def sentence(
    kind: type[errors.DatabaseError], original: object, code: str, names: dict[str, str]
) -> errors.DatabaseError:
    """An error of ours: what it means, the driver's class and code, the constraint, table and column."""
    meaning, remedy = _MEANING.get(kind, _REFUSED)
    error_class = type(original).__name__
    details = [error_class, *([code] if code else []), *(f"{key} {value}" for key, value in names.items())]
    return kind(f"{meaning} ({', '.join(details)})", remedy=remedy, error_class=error_class, code=code, **names)
