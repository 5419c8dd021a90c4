"""PostgreSQL's SQLSTATEs (manual, appendix A; the same in 14 to 18)."""

from __future__ import annotations

from typing import Any

from sqlalchemy.exc import DBAPIError

from migrator import errors
from migrator.dialects.base import ErrorRules
from migrator.dialects.wording import names_of, sentence

_BY_STATE: dict[str, type[errors.DatabaseError]] = {
    "55P03": errors.LockTimeoutError,
    "40P01": errors.DeadlockError,
    "40001": errors.DeadlockError,
    "57014": errors.CancelledError,
    "25006": errors.ReadOnlyError,
    "42703": errors.MissingObjectError,
    "42P01": errors.MissingObjectError,
    "53100": errors.DiskFullError,
    "42501": errors.PrivilegeError,
    "57P01": errors.ConnectionLostError,
    "57P02": errors.ConnectionLostError,
    "57P03": errors.UnreachableError,
    "25P03": errors.ConnectionLostError,
    "08006": errors.ConnectionLostError,
    "08003": errors.ConnectionLostError,
}


class PostgreSQLErrors(ErrorRules):
    """psycopg2 keeps the code in ``pgcode``, psycopg 3 and asyncpg in ``sqlstate``."""

    def translate(self, error: DBAPIError) -> errors.DatabaseError:
        original: Any = error.orig
        code = _code(original)
        kind = errors.ConnectionLostError if error.connection_invalidated else _BY_STATE.get(code)
        kind = kind or errors.DatabaseError
        diagnosis = getattr(original, "diag", None)
        names = names_of(
            constraint=getattr(diagnosis, "constraint_name", None),
            table=getattr(diagnosis, "table_name", None),
            column=getattr(diagnosis, "column_name", None),
        )
        return sentence(kind, original, code, names)

    def translate_connect(self, error: DBAPIError, *, place: str) -> errors.DatabaseError:
        # Neither driver gives a code while connecting, and the text is all there is to tell a wrong password from
        # a server that is down.  It is read here and not passed on.
        original: Any = error.orig
        text = str(original).lower()
        if "password" in text or "authentication" in text or "no pg_hba" in text or "role" in text:
            what, remedy = "refused the log-in", "check user, password and pg_hba.conf"
        elif "does not exist" in text and "database" in text:
            what, remedy = "has no such database", "create the database first"
        elif "starting up" in text or "shutting down" in text:
            what, remedy = "is starting up or shutting down", "run again in a moment"
        else:
            what, remedy = "does not answer", "check host, port and network, and that the server runs"
        return errors.UnreachableError(
            f"{place}: the server {what}", remedy=remedy, error_class=type(original).__name__
        )

    def statement_refused(self, original: BaseException) -> bool:
        """Class 42: syntax error or access rule violation; 0A: feature not supported."""
        return _code(original)[:2] in ("42", "0A")

    def table_missing(self, original: BaseException) -> bool:
        """undefined_table, for a schema that isn't there too."""
        return _code(original) == "42P01"


def _code(original: Any) -> str:
    return getattr(original, "sqlstate", None) or getattr(original, "pgcode", None) or ""
