"""SQLite's result codes (sqlite.org/rescode.html), by the name that Python 3.11 gives them."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy.exc import DBAPIError

from migrator import errors
from migrator.dialects.base import ErrorRules
from migrator.dialects.wording import names_of, sentence

_BY_PREFIX: tuple[tuple[str, type[errors.DatabaseError]], ...] = (
    ("SQLITE_BUSY", errors.LockTimeoutError),
    ("SQLITE_LOCKED", errors.LockTimeoutError),
    ("SQLITE_READONLY", errors.ReadOnlyError),
    ("SQLITE_FULL", errors.DiskFullError),
    ("SQLITE_IOERR", errors.DiskFullError),
    ("SQLITE_CANTOPEN", errors.UnreachableError),
    ("SQLITE_NOTADB", errors.UnreachableError),
    ("SQLITE_PERM", errors.PrivilegeError),
    ("SQLITE_INTERRUPT", errors.CancelledError),
)
_COLUMN = re.compile(r"constraint failed: (?:index )?'?([\w$]{1,64})\.?([\w$]{0,64})")
# The name of a check, else its expression, which isn't ours to tell.
_CHECK = re.compile(r"CHECK constraint failed: ([\w$]{1,64})$")


class SQLiteErrors(ErrorRules):
    """``sqlite_errorname`` tells the extended code; where it is missing the text is read, never passed on."""

    def translate(self, error: DBAPIError) -> errors.DatabaseError:
        original: Any = error.orig
        code = _code(original)
        kind = next((k for prefix, k in _BY_PREFIX if code.startswith(prefix)), errors.DatabaseError)
        check = _CHECK.search(str(original)) if code == "SQLITE_CONSTRAINT_CHECK" else None
        other = code.startswith("SQLITE_CONSTRAINT") and code != "SQLITE_CONSTRAINT_CHECK"
        match = _COLUMN.search(str(original)) if other else None
        names = names_of(
            constraint=check and check.group(1), table=match and match.group(1), column=match and match.group(2)
        )
        return sentence(kind, original, code, names)

    def statement_refused(self, original: BaseException) -> bool:
        """SQLITE_ERROR is what can't be compiled: what a row does has a code of its own (constraints, RAISE, types)."""
        return _code(original) in ("SQLITE_ERROR", "SQLITE_MISUSE", "SQLITE_RANGE")

    def table_missing(self, original: BaseException) -> bool:
        """SQLITE_ERROR says no more; the text is read here and not passed on."""
        return "no such table" in str(original)

    def translate_connect(self, error: DBAPIError, *, place: str) -> errors.DatabaseError:
        original: Any = error.orig
        return errors.UnreachableError(
            f"{place}: the file can't be opened as a SQLite database",
            remedy="check the path, that its folder exists, and its permissions",
            error_class=type(original).__name__,
            code=_code(original),
        )


def _code(original: Any) -> str:
    name = getattr(original, "sqlite_errorname", None)
    if name:
        return str(name)
    text = str(original)
    if "readonly" in text:
        return "SQLITE_READONLY"
    return "SQLITE_BUSY" if "locked" in text else ""
