"""MySQL's and MariaDB's error numbers (MySQL 9.7 and MariaDB 10.11, server error reference)."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy.exc import DBAPIError

from migrator import errors
from migrator.dialects.base import ErrorRules
from migrator.dialects.wording import names_of, sentence

_BY_NUMBER: dict[int, type[errors.DatabaseError]] = {
    1205: errors.LockTimeoutError,
    1684: errors.LockTimeoutError,  # another session's DDL has the table's definition at this moment
    3572: errors.LockTimeoutError,
    1213: errors.DeadlockError,
    1020: errors.DeadlockError,
    3058: errors.DeadlockError,
    1317: errors.CancelledError,
    3024: errors.CancelledError,
    1969: errors.CancelledError,
    1290: errors.ReadOnlyError,
    1792: errors.ReadOnlyError,
    1836: errors.ReadOnlyError,
    1054: errors.MissingObjectError,
    1146: errors.MissingObjectError,
    1021: errors.DiskFullError,
    1114: errors.DiskFullError,
    1044: errors.PrivilegeError,
    1142: errors.PrivilegeError,
    1143: errors.PrivilegeError,
    1227: errors.PrivilegeError,
    1419: errors.PrivilegeError,
    1053: errors.ConnectionLostError,
    1927: errors.ConnectionLostError,
    2006: errors.ConnectionLostError,
    2013: errors.ConnectionLostError,
    2055: errors.ConnectionLostError,
    4031: errors.ConnectionLostError,
    2002: errors.UnreachableError,
    2003: errors.UnreachableError,
}
# Syntax, unknown function, its arguments, use of GROUP functions, target table read in FROM, operand columns.
_STATEMENT = (1064, 1093, 1111, 1149, 1241, 1305, 1318, 1582, 1583, 1630)
_REFUSED_FORMS = (1845, 1846, 4092)
_NOT_NULL = re.compile(r"Column '([^'.]{1,64})' cannot be null")
_KEY_NAME = re.compile(r"for key '([^']{1,192})'\"?\)?$")


class MySQLErrors(ErrorRules):
    """PyMySQL keeps the number as the first argument."""

    def translate(self, error: DBAPIError) -> errors.DatabaseError:
        original: Any = error.orig
        number = _number(original)
        kind = errors.ConnectionLostError if error.connection_invalidated else _BY_NUMBER.get(number)
        text = str(original.args[1]) if len(getattr(original, "args", ())) > 1 else ""
        key = _KEY_NAME.search(text) if number == 1062 else None
        column = _NOT_NULL.search(text) if number == 1048 else None
        names = names_of(constraint=key and key.group(1), column=column and column.group(1))
        return sentence(kind or errors.DatabaseError, original, str(number) if number else "", names)

    def form_refused(self, original: BaseException) -> bool:
        """1845, 1846: ALGORITHM or LOCK is not supported for this operation; 4092: no row version is left (MySQL)."""
        return _number(original) in _REFUSED_FORMS

    def statement_refused(self, original: BaseException) -> bool:
        """A text that can't be parsed, or names a function, a column or a use of them that there isn't."""
        return _number(original) in _STATEMENT

    def table_missing(self, original: BaseException) -> bool:
        """1146: no such table; 1049: no such database, where the table's schema is one."""
        return _number(original) in (1146, 1049)

    def translate_connect(self, error: DBAPIError, *, place: str) -> errors.DatabaseError:
        original: Any = error.orig
        number = _number(original)
        if number in (1045, 1044, 1698, 1130, 3118):
            what, remedy = "refused the log-in", "check user, password and the host it may connect from"
        elif number == 1049:
            what, remedy = "has no such database", "create the database first"
        elif number == 1040:
            what, remedy = "has no connection left", "run again in a moment, or raise max_connections"
        else:
            what, remedy = "does not answer", "check host, port and network, and that the server runs"
        return errors.UnreachableError(
            f"{place}: the server {what}",
            remedy=remedy,
            error_class=type(original).__name__,
            code=str(number) if number else "",
        )


def _number(original: Any) -> int:
    arguments = getattr(original, "args", ())
    return arguments[0] if arguments and isinstance(arguments[0], int) else 0
