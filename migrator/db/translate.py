"""A driver's exception becomes one of ours here, in one place."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from migrator import errors
from migrator.dialects.base import ErrorRules


@contextmanager
def translated(rules: ErrorRules) -> Iterator[None]:
    """Raise our errors in place of SQLAlchemy's and the driver's; ours pass through.

    The original is dropped (``from None``): its text may hold row values.

    Raises:
        DatabaseError: or a class below it.
    """
    try:
        yield
    except DBAPIError as error:
        raise rules.translate(error) from None
    except SQLAlchemyError as error:
        raise errors.DatabaseError(
            f"SQLAlchemy refused the statement ({type(error).__name__})",
            remedy="mend the revision or the data migration, then run again",
            error_class=type(error).__name__,
            code="",
        ) from None


@contextmanager
def connecting(rules: ErrorRules, place: str) -> Iterator[None]:
    """The same around the opening of a connection.

    Args:
        place: the database without its password.

    Raises:
        UnreachableError: or what the rules make of it.
    """
    try:
        yield
    except DBAPIError as error:
        raise rules.translate_connect(error, place=place) from None
    except OSError as error:
        if not of_the_network(error):
            raise
        raise unanswered(place, error) from None


def of_the_network(error: BaseException) -> bool:
    """Whether it is what an async driver lets through when no server answers; sync drivers wrap it."""
    # asyncio raises a bare OSError when several addresses of one name failed.
    return isinstance(error, ConnectionError | TimeoutError | socket.gaierror) or type(error) is OSError


def unanswered(place: str, error: BaseException) -> errors.UnreachableError:
    """No server answers at this place."""
    return errors.UnreachableError(
        f"{place}: the server does not answer",
        remedy="check host, port and network, and that the server runs",
        error_class=type(error).__name__,
    )
