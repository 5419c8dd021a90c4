"""What unknown values are in, and which calls can't see them: all that watched code asks of a value or a function."""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import ItemsView, KeysView, Mapping
from datetime import date, datetime
from types import BuiltinFunctionType
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Row, RowMapping

from migrator.dialects.unknown import Unknown, UnknownText, marked, unknown_in

_COMPUTE: frozenset[Any] = frozenset({int, float, complex, bytes, abs, round, ord, chr, hex, divmod, pow})
_UNKNOWN = (Unknown, UnknownText)
_STANDARD = frozenset(
    "json re uuid datetime decimal math hashlib sha1 sha2 sha3 md5 blake2 hmac base64 ast binascii urllib time zlib"
    " pickle ipaddress html unicodedata textwrap secrets zoneinfo".split()
)


def asks_the_machine(function: Any) -> bool:
    """The environment and the clock of whoever runs the check say nothing of those of the database's run."""
    owner = getattr(function, "__self__", None)
    name = getattr(function, "__name__", "")
    if function is os.getenv or (owner is os.environ and name == "get"):
        return True
    if isinstance(owner, type) and issubclass(owner, date | datetime):
        return name in ("now", "utcnow", "today")
    return getattr(function, "__module__", "") == "random" or (name == "time" and owner is sys.modules.get("time"))


def counts_rows(held: Any) -> bool:
    """Whether it is as long as there are rows: one row stands for any number."""
    if isinstance(held, list | tuple | set | frozenset | deque) and any(is_of_row(one) for one in held):
        return True
    return unknown_in(held) and not isinstance(held, str | Row | RowMapping)


def as_text(value: Any) -> Any:
    """An unknown value as a marked text; any other as it is."""
    return str(value) if isinstance(value, Unknown) else value


def is_strange(value: Any) -> bool:
    """Whether it is an unknown value, or a text that was made of one."""
    return isinstance(value, _UNKNOWN) or (isinstance(value, str) and marked(value))


def is_made_of_unknown(left: Any, right: Any) -> bool:
    """Whether two texts are compared of which one was made of an unknown value, and is no such value itself."""
    texts = all(isinstance(one, str) and not isinstance(one, UnknownText) for one in (left, right))
    return texts and (marked(left) or marked(right))


def without_view(held: Any) -> Any:
    """A set in the place of what a dict shows of itself."""
    return set(held) if isinstance(held, KeysView | ItemsView) and unknown_in(list(held)) else held


def is_of_row(value: Any) -> bool:
    """Whether it is an object that the ORM loaded, or that code made of a row."""
    if hasattr(type(value), "__mapper__"):
        state = sa.inspect(value, raiseerr=False)
        return state is not None and state.has_identity
    held = getattr(value, "__dict__", None)
    return isinstance(held, dict) and any(isinstance(one, _UNKNOWN) for one in held.values())


def looks_up(function: Any, owner: Mapping[Any, Any], values: tuple[Any, ...]) -> bool:
    """Whether it is ``get`` or ``pop`` of the dict ``owner``, for a key that may be another."""
    name = getattr(function, "__name__", "")
    return name in ("get", "pop") and bool(values) and may_be_other(owner, values[0])


def may_be_other(held: Mapping[Any, Any], key: Any) -> bool:
    """Whether the dict may hold something else for the key than it says."""
    return is_strange(key) or (key not in held and any(map(is_strange, held)))


def files(function: Any, values: tuple[Any, ...]) -> bool:
    """Whether it only puts an unknown value into a set."""
    adds = isinstance(getattr(function, "__self__", None), set) and function.__name__ == "add"
    return adds and len(values) == 1 and unknown_in(values)


def named(thing: Any) -> str:
    """Its name, to say that it was chosen; else its class."""
    name = getattr(thing, "__name__", None) or getattr(thing, "name", None)
    return name if isinstance(name, str) and not unknown_in(name) else f"a {type(thing).__name__}"


def is_elsewhere(function: Any, file: str) -> bool:
    """Whether it is a Python function of another file, and not one of those that understand unknown values."""
    code = getattr(function, "__code__", None)
    root = str(getattr(function, "__module__", "")).partition(".")[0]
    return code is not None and code.co_filename != file and root not in ("sqlalchemy", "alembic", "migrator")


def computes(function: Any, values: tuple[Any, ...]) -> bool:
    """Whether it only makes a value of its arguments, of which one is unknown, and would not understand that."""
    owner = getattr(function, "__self__", None)
    if isinstance(owner, str | bytes):
        plain = getattr(function, "__name__", "") not in ("format", "join")
        return plain and any(isinstance(one, Unknown) for one in values)
    builtin = isinstance(function, type | BuiltinFunctionType) and function in _COMPUTE
    home = owner if isinstance(owner, type) else type(owner)
    module = str(getattr(function, "__module__", None) or home.__module__).partition(".")[0]
    return (builtin or module.lstrip("_") in _STANDARD) and unknown_in(values)
