"""What no value can notice by itself: ``is None``, ``len()``, a look-up in a dict, a call into C.

While the ways through a revision are followed, its functions run with these places written as calls of the functions
here.  They do the same as ever unless an unknown value is in play.  The module is not imported again; its functions get
their own code back afterwards.
"""

from __future__ import annotations

import os
import sys
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Row, RowMapping

from migrator.dialects.unknown import Unknown, UnknownText, unknown_in
from migrator.dialects.unknown_schema import KnownNames
from migrator.dialects.way import Way
from migrator.scripts.many_rows import second_row_matters
from migrator.scripts.rewriting import Rewritten, source_of

_COMPUTE: frozenset[Any] = frozenset({int, float, complex, bytes, abs, round, ord, chr, hex, divmod, pow})
_UNKNOWN = (Unknown, UnknownText)
_CONTAINERS = (list, set, dict, deque)


@contextmanager
def watched(module: ModuleType | Any, file: str, way: Way) -> Iterator[None]:
    """The functions of the module, as it was compiled from ``file``, tell the way of what depends on an unknown; those
    of the project's other modules too, from the first call on."""

    def seen(file: str) -> None:
        way.several = way.several or second_row_matters(source_of(file))

    watchers = _Watchers(way, file, lambda value: rewritten.called(value))
    rewritten = Rewritten(file, watchers.by_name(), seen)
    rewritten.module(module)
    try:
        yield
    finally:
        rewritten.restore()


class _Watchers:
    """The functions that rewritten code calls.

    Args:
        calling: told of each function before it is called or handed on.
    """

    def __init__(self, way: Way, file: str, calling: Callable[[Any], None]) -> None:
        self._way = way
        self._file = file
        self._calling = calling

    def by_name(self) -> dict[str, Callable[..., Any]]:
        """As the code calls them."""
        names = ("is_none", "contains", "item", "each", "counted", "call")
        return {name: getattr(self, name) for name in names}

    def is_none(self, value: Any) -> bool:
        """``value is None``."""
        return value.is_none() if isinstance(value, Unknown) else value is None

    def contains(self, held: Any, value: Any) -> Any:
        """``value in held``."""
        looks_up = isinstance(held, dict | set | frozenset)
        strange = isinstance(value, _UNKNOWN) or (looks_up and any(isinstance(one, _UNKNOWN) for one in held))
        if looks_up and held and strange:
            return not self._way.choose(("finds `in` true", "finds `in` false"))
        if held is os.environ:
            return not self._way.choose(("finds a variable set", "finds a variable not set"), about=("environ", value))
        return value in held

    def item(self, held: Any, key: Any) -> Any:
        """``held[key]``."""
        if held is os.environ or (isinstance(held, list | tuple) and isinstance(key, Unknown) and _counts_rows(held)):
            return Unknown(self._way)
        if isinstance(held, dict) and not isinstance(held, defaultdict) and isinstance(key, _UNKNOWN):
            return self._entry(held, key, ())
        return held[key]

    def each(self, values: Any) -> Iterator[Any]:
        """What ``for`` goes through."""
        for one in values:
            by_rows = unknown_in(one) or _was_loaded(one)
            self._way.row_loops += by_rows
            try:
                yield one
            finally:
                self._way.row_loops -= by_rows

    def counted(self, number: Any) -> Any:
        """``number``, a sum to which a whole number was added: in a loop over rows it grows with their number."""
        if not self._way.row_loops or type(number) is not int:
            return number
        return Unknown(self._way, at_least=1 if number > 0 else None)

    def call(self, function: Any, *arguments: Any, **named: Any) -> Any:
        """``function(...)``."""
        values = (*arguments, *named.values())
        if function is len and _counts_rows(arguments[0]):
            return Unknown(self._way) if isinstance(arguments[0], _UNKNOWN) else Unknown(self._way, at_least=1)
        if function is isinstance and isinstance(arguments[0], Unknown):
            return arguments[0].is_instance()
        if (function is set or function is frozenset) and isinstance(next(iter(arguments), None), KnownNames):
            return arguments[0].as_set()
        if _looks_up(function, values):
            return self._entry(function.__self__, values[0], values[1:])
        if _asks_the_machine(function) or _computes(function, values):
            return Unknown(self._way)
        if _files(function, values):
            return self._filed(function, *arguments)
        for one in (function, *values):
            if callable(one):
                self._calling(one)
        try:
            return function(*arguments, **named)
        except (TypeError, ValueError):
            # A function of another package that wants a real value makes another one of it.
            if _is_elsewhere(function, self._file) and unknown_in(values):
                return Unknown(self._way)
            raise

    def _entry(self, held: dict[Any, Any], key: Any, otherwise: tuple[Any, ...]) -> Any:
        """What a dict holds for an unknown key: what is changed or called later must be the very thing."""
        for known, value in list(held.items()):
            if isinstance(known, _UNKNOWN) and isinstance(value, _CONTAINERS) and known == key:
                return value
        called = [one for one in (*held.values(), *otherwise) if isinstance(one, FunctionType | MethodType)]
        if not called:
            return Unknown(self._way)
        return called[self._way.choose(tuple(f"finds the key of {_named(one)}" for one in called))]

    def _filed(self, function: Any, value: Any) -> Any:
        self._way.filing = True
        try:
            return function(value)
        finally:
            self._way.filing = False


def _asks_the_machine(function: Any) -> bool:
    """The environment and the clock of whoever runs the check say nothing of those of the database's run."""
    owner = getattr(function, "__self__", None)
    name = getattr(function, "__name__", "")
    if function is os.getenv or (owner is os.environ and name == "get"):
        return True
    if isinstance(owner, type) and issubclass(owner, date | datetime):
        return name in ("now", "utcnow", "today")
    return getattr(function, "__module__", "") == "random" or (name == "time" and owner is sys.modules.get("time"))


def _counts_rows(held: Any) -> bool:
    """Whether it is as long as there are rows: one row stands for any number."""
    if isinstance(held, list | tuple | set | frozenset) and any(_was_loaded(one) for one in held):
        return True
    return unknown_in(held) and not isinstance(held, str | Row | RowMapping)


def _was_loaded(value: Any) -> bool:
    state = sa.inspect(value, raiseerr=False) if hasattr(type(value), "__mapper__") else None
    return state is not None and state.has_identity


def _looks_up(function: Any, values: tuple[Any, ...]) -> bool:
    owner = getattr(function, "__self__", None)
    name = getattr(function, "__name__", "")
    return isinstance(owner, dict) and name in ("get", "pop") and bool(values) and isinstance(values[0], _UNKNOWN)


def _files(function: Any, values: tuple[Any, ...]) -> bool:
    """Whether it only puts an unknown value into a set."""
    adds = isinstance(getattr(function, "__self__", None), set) and function.__name__ == "add"
    return adds and len(values) == 1 and unknown_in(values)


def _named(function: FunctionType | MethodType) -> str:
    return str(getattr(function, "__name__", "a function"))


def _is_elsewhere(function: Any, file: str) -> bool:
    code = getattr(function, "__code__", None)
    root = str(getattr(function, "__module__", "")).partition(".")[0]
    return code is not None and code.co_filename != file and root not in ("sqlalchemy", "alembic", "migrator")


def _computes(function: Any, values: tuple[Any, ...]) -> bool:
    """Whether it only makes a value of its arguments, of which one is unknown, and would not understand that."""
    owner = getattr(function, "__self__", None)
    if isinstance(owner, str | bytes):
        plain = getattr(function, "__name__", "") not in ("format", "join")
        return plain and any(isinstance(one, Unknown) for one in values)
    builtin = isinstance(function, type | BuiltinFunctionType) and function in _COMPUTE
    module = str(getattr(function, "__module__", None) or type(owner).__module__).partition(".")[0]
    return (builtin or module.lstrip("_") in _STANDARD) and unknown_in(values)


_STANDARD = frozenset(
    "json re uuid datetime decimal math hashlib sha1 sha2 sha3 md5 blake2 hmac base64 ast binascii urllib time zlib"
    " pickle ipaddress html unicodedata textwrap secrets zoneinfo".split()
)
