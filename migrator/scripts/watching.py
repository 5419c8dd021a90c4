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
from decimal import Decimal
from operator import eq, ge, gt, iadd, isub, le, lt, ne
from types import BuiltinFunctionType, FrameType, ModuleType
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Row, RowMapping

from migrator.dialects.unknown import Unknown, UnknownText, unknown_in
from migrator.dialects.unknown_schema import KnownNames
from migrator.dialects.way import Way
from migrator.scripts.many_rows import second_row_matters
from migrator.scripts.rewriting import PREFIX, Rewritten, source_of
from migrator.scripts.trying import value_error

_COMPUTE: frozenset[Any] = frozenset({int, float, complex, bytes, abs, round, ord, chr, hex, divmod, pow})
_UNKNOWN = (Unknown, UnknownText)
_CONTAINERS = (list, set, dict, deque)
_COMPARED = (list, tuple, set, frozenset, dict, deque)
_SETS = (set, frozenset)
_SET_METHODS = frozenset("difference intersection issubset issuperset isdisjoint".split())
_PLAIN = (str, bytes, int, float, complex, Decimal, date, type(None), Unknown, *_CONTAINERS, tuple)
_STEPS: dict[str, Callable[[Any, Any], Any]] = {"+": iadd, "-": isub}
_OPERATORS = {"==": eq, "!=": ne, "<": lt, "<=": le, ">": gt, ">=": ge}


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
        self._unknowing: dict[int, Any] = {}  # objects that were given an unknown value, as a hash to go on with

    def by_name(self) -> dict[str, Callable[..., Any]]:
        """As the code calls them."""
        words = "is_none is_constant contains item compare reduced each unpacked grown call"
        return {name: getattr(self, name) for name in words.split()}

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

    def is_constant(self, value: Any, constant: bool) -> bool:
        """``value is True`` and ``value is False``."""
        return value.is_constant(constant) if isinstance(value, Unknown) else value is constant

    def item(self, held: Any, key: Any) -> Any:
        """``held[key]``."""
        if held is os.environ:
            return Unknown(self._way)
        if isinstance(held, Unknown) or (isinstance(held, dict) and isinstance(key, _UNKNOWN)):
            self._may_not_fit()
        if isinstance(held, dict) and not isinstance(held, defaultdict) and _may_be_other(held, key):
            return self._entry(held, key, ())
        if isinstance(held, list | tuple | deque) and _counts_rows(held):
            if isinstance(key, Unknown):
                return Unknown(self._way)
            if isinstance(key, int) and not -len(held) <= key < len(held) and self._holds("so many rows"):
                return Unknown(self._way)
        return held[key]

    def compare(self, sign: str, left: Any, right: Any) -> Any:
        """``left == right`` and the other comparisons; two containers may be alike for other values in them."""
        full = all(isinstance(one, _COMPARED) and one and not isinstance(one, Row) for one in (left, right))
        if full and (unknown_in(left) or unknown_in(right)):
            return self._holds(f"a comparison ({sign})")
        return _OPERATORS[sign](left, right)

    def reduced(self, sign: str, left: Any, right: Any) -> Any:
        """``left - right`` and ``left & right``: of two sets something may be left or not."""
        if type(left) not in _SETS or type(right) not in _SETS or not (unknown_in(left) or unknown_in(right)):
            return left - right if sign == "-" else left & right
        if not left or not (right or sign == "-") or not self._holds("something in a difference or intersection"):
            return type(left)()
        return type(left)(left - right if sign == "-" else left & right) or type(left)([Unknown(self._way)])

    def _holds(self, what: str) -> bool:
        return not self._way.choose((f"finds {what}", f"doesn't find {what}"))

    def each(self, values: Any, parts: int) -> Iterator[Any]:
        """What ``for`` goes through, each taken apart into so many ``parts``; 0 for none."""
        for one in values:
            by_rows = unknown_in(one) or _was_loaded(one)
            self._way.row_loops += by_rows
            self._way.rows_passed += by_rows
            try:
                yield self.unpacked(one, parts)
            finally:
                self._way.row_loops -= by_rows

    def unpacked(self, value: Any, parts: int) -> Any:
        """``one, two = value``: an unknown value has as many parts as are wanted."""
        if not parts or not isinstance(value, Unknown):
            return value
        self._may_not_fit()
        return [Unknown(self._way) for _ in range(parts)]

    def grown(self, sign: str, held: Any, step: Any) -> Any:
        """``held += step`` and ``held -= step``: in a loop over rows a whole number changes with their number."""
        if isinstance(held, Unknown) and type(step) is int:
            return held.grown(step if sign == "+" else -step)
        made = _STEPS[sign](held, step)
        if not self._way.row_loops or type(made) is not int:
            return made
        return Unknown(self._way, at_least=1 if made > 0 and type(step) is int else None, as_text=made)

    def call(self, function: Any, *arguments: Any, **named: Any) -> Any:
        """``function(...)``."""
        values = (*arguments, *named.values())
        if function is len and _counts_rows(arguments[0]):
            return Unknown(self._way) if isinstance(arguments[0], _UNKNOWN) else Unknown(self._way, at_least=1)
        if function is isinstance and isinstance(arguments[0], Unknown):
            return arguments[0].is_instance(arguments[1])
        if (function is set or function is frozenset) and isinstance(next(iter(arguments), None), KnownNames):
            return arguments[0].as_set()
        owner = getattr(function, "__self__", None)
        if isinstance(owner, dict) and _looks_up(function, owner, values):
            return self._entry(owner, values[0], values[1:] or (None,))
        if _asks_the_machine(function) or id(owner) in self._unknowing:
            return Unknown(self._way)
        if _computes(function, values):
            if owner is not None and not isinstance(owner, ModuleType | type | str | bytes):
                self._unknowing[id(owner)] = owner
            self._may_not_fit()
            return Unknown(self._way)
        if type(owner) in _SETS and function.__name__ in _SET_METHODS and values and unknown_in((owner, values)):
            return self._of_sets(owner, function.__name__, set().union(*values))
        if _files(function, values):
            return self._filed(function, *arguments)
        if function is sum:
            return self._summed(*arguments, **named)
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

    def _may_not_fit(self) -> None:
        """What is done with an unknown value may raise; that is followed where somebody is prepared for it."""
        frame: FrameType | None = sys._getframe(2)
        while frame is not None:
            file = frame.f_code.co_filename
            caught = value_error(source_of(file), frame.f_lineno) if f"{PREFIX}call" in frame.f_globals else None
            if caught is not None:
                line, error = caught
                fits = (f"finds what fits (the try at line {line})", f"finds what doesn't fit (the try at line {line})")
                if self._way.choose(fits, about=("fits", file, line)):
                    raise error
                return
            frame = frame.f_back

    def _of_sets(self, held: Any, method: str, other: Any) -> Any:
        if method in ("difference", "intersection"):
            return self.reduced("-" if method == "difference" else "&", held, type(held)(other))
        return self._holds(f"{method}() true")

    def _entry(self, held: dict[Any, Any], key: Any, otherwise: tuple[Any, ...]) -> Any:
        """What a dict holds for a key that may be any: what is changed, called or used later must be the very thing."""
        for known, value in list(held.items()):
            if isinstance(known, _UNKNOWN) and isinstance(value, (*_CONTAINERS, tuple)) and known == key:
                return value
        things = [one for one in held.values() if not isinstance(one, _PLAIN)]
        if not things:
            return Unknown(self._way)
        things += otherwise
        return things[self._way.choose(tuple(f"finds {_named(one)} in a dictionary" for one in things))]

    def _summed(self, *arguments: Any, **named: Any) -> Any:
        """A sum over rows of whole numbers that say nothing of them (``sum(1 for row in rows)``)."""
        before = self._way.rows_passed
        made = sum(*arguments, **named)
        return Unknown(self._way) if type(made) is int and self._way.rows_passed > before else made

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
    if isinstance(held, list | tuple | set | frozenset | deque) and any(_was_loaded(one) for one in held):
        return True
    return unknown_in(held) and not isinstance(held, str | Row | RowMapping)


def _was_loaded(value: Any) -> bool:
    state = sa.inspect(value, raiseerr=False) if hasattr(type(value), "__mapper__") else None
    return state is not None and state.has_identity


def _looks_up(function: Any, owner: dict[Any, Any], values: tuple[Any, ...]) -> bool:
    name = getattr(function, "__name__", "")
    return name in ("get", "pop") and bool(values) and _may_be_other(owner, values[0])


def _may_be_other(held: dict[Any, Any], key: Any) -> bool:
    """Whether the dict may hold something else for the key than it says."""
    return isinstance(key, _UNKNOWN) or (key not in held and any(isinstance(one, _UNKNOWN) for one in held))


def _files(function: Any, values: tuple[Any, ...]) -> bool:
    """Whether it only puts an unknown value into a set."""
    adds = isinstance(getattr(function, "__self__", None), set) and function.__name__ == "add"
    return adds and len(values) == 1 and unknown_in(values)


def _named(thing: Any) -> str:
    name = getattr(thing, "__name__", None) or getattr(thing, "name", None)
    return name if isinstance(name, str) and not unknown_in(name) else f"a {type(thing).__name__}"


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
