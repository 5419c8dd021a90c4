"""What no value can notice by itself: ``is None``, ``len()``, a look-up in a dict, a call into C.

While the ways through a revision are followed, its functions run with these places written as calls of the functions
here.  They do the same as ever unless an unknown value is in play.  The module is not imported again; its functions get
their own code back afterwards.
"""

from __future__ import annotations

import os
import re
from collections import ChainMap, defaultdict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from enum import Enum, EnumType
from functools import partial
from itertools import islice
from operator import eq, ge, gt, iadd, isub, le, lt, ne
from types import FunctionType, MappingProxyType, ModuleType
from typing import Any

from sqlalchemy import Row

from migrator.dialects.unknown import Unknown, marked, unknown_in
from migrator.dialects.unknown_schema import KnownNames
from migrator.dialects.way import Way
from migrator.scripts.many_rows import second_row_matters
from migrator.scripts.rewriting import Rewritten, source_of, watched_places
from migrator.scripts.strangeness import (
    as_text,
    asks_the_machine,
    computes,
    counts_rows,
    files,
    is_elsewhere,
    is_made_of_unknown,
    is_of_row,
    is_strange,
    looks_up,
    may_be_other,
    named,
    without_view,
)
from migrator.scripts.trying import value_errors

_CONTAINERS = (list, set, dict, deque)
_COMPARED = (list, tuple, set, frozenset, dict, deque)
_SETS = (set, frozenset)
_SET_METHODS = frozenset("difference intersection issubset issuperset isdisjoint".split())
_PLAIN = (str, bytes, int, float, complex, Decimal, date, type(None), Unknown, *_CONTAINERS, tuple)
_TELLING = frozenset("startswith endswith find rfind index rindex count split rsplit partition rpartition".split())
_NOTHING = object()
_STEPS: dict[str, Callable[[Any, Any], Any]] = {"+": iadd, "-": isub}
_NUMBERS = re.compile(r"%(\([^)]*\))?[-#0 +]*\d*(?:\.\d+)?[diouxXeEfFgG]")
_OPERATORS = {"==": eq, "!=": ne, "<": lt, "<=": le, ">": gt, ">=": ge}


@contextmanager
def watched(module: ModuleType | Any, file: str, way: Way) -> Iterator[None]:
    """The functions of the module, as it was compiled from ``file``, tell the way of what depends on an unknown; those
    of the project's other modules too, from the first call on."""

    def seen(file: str) -> None:
        way.several = way.several or second_row_matters(source_of(file))

    watchers = _Watchers(way, file, lambda value, given: rewritten.called(value, given))
    rewritten = Rewritten(file, watchers.by_name(), seen)
    rewritten.module(module)
    try:
        yield
    finally:
        rewritten.restore()


class _Watchers:
    """The functions that rewritten code calls.

    Args:
        calling: told of each function before it is called or handed on, and with what.
    """

    def __init__(self, way: Way, file: str, calling: Callable[[Any, Sequence[Any]], None]) -> None:
        self._way = way
        self._file = file
        self._calling = calling
        self._unknowing: dict[int, Any] = {}  # objects that were given an unknown value, as a hash to go on with

    def by_name(self) -> dict[str, Callable[..., Any]]:
        """As the code calls them."""
        words = "is_none is_constant contains item compare reduced formatted each unpacked grown call"
        return {name: getattr(self, name) for name in words.split()}

    def is_none(self, value: Any) -> bool:
        """``value is None``."""
        return value.is_none() if isinstance(value, Unknown) else value is None

    def contains(self, held: Any, value: Any) -> Any:
        """``value in held``."""
        looks_up = isinstance(held, dict | set | frozenset)
        strange = is_strange(value) or (looks_up and any(map(is_strange, held)))
        if (looks_up and held and strange) or (type(held) is str and (marked(held) or strange)):
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
        if isinstance(held, Unknown) or (isinstance(held, dict) and is_strange(key)):
            self._may_not_fit()
        looks_up = isinstance(held, dict | MappingProxyType) and not isinstance(held, defaultdict)
        if looks_up and may_be_other(held, key):
            return self._entry(held, key, ())
        if isinstance(held, ChainMap) and any(may_be_other(one, key) for one in held.maps if isinstance(one, dict)):
            return Unknown(self._way)
        if isinstance(held, list | tuple | deque) and counts_rows(held):
            if isinstance(key, Unknown):
                return Unknown(self._way)
            if isinstance(key, int) and not -len(held) <= key < len(held) and self._holds("so many rows"):
                return Unknown(self._way)
        return held[key]

    def compare(self, sign: str, left: Any, right: Any) -> Any:
        """``left == right`` and the other comparisons; two containers may be alike for other values in them."""
        left, right = without_view(left), without_view(right)
        full = all(isinstance(one, _COMPARED) and one and not isinstance(one, Row) for one in (left, right))
        if (full and (unknown_in(left) or unknown_in(right))) or is_made_of_unknown(left, right):
            return self._holds(f"a comparison ({sign})")
        return _OPERATORS[sign](left, right)

    def reduced(self, sign: str, left: Any, right: Any) -> Any:
        """``left - right`` and ``left & right``: of two sets something may be left or not."""
        left, right = without_view(left), without_view(right)
        if type(left) not in _SETS or type(right) not in _SETS or not (unknown_in(left) or unknown_in(right)):
            return left - right if sign == "-" else left & right
        if not left or not (right or sign == "-") or not self._holds("something in a difference or intersection"):
            return type(left)()
        return type(left)(left - right if sign == "-" else left & right) or type(left)([Unknown(self._way)])

    def formatted(self, text: Any, values: Any) -> Any:
        """``text % values``: an unknown value stands in it as a text, whatever was wanted."""
        if not isinstance(text, str) or not unknown_in(values):
            return text % values
        if isinstance(values, dict):
            given: Any = {name: as_text(one) for name, one in values.items()}
        else:
            given = tuple(map(as_text, values)) if isinstance(values, tuple) else as_text(values)
        return _NUMBERS.sub(r"%\1s", text) % given

    def _holds(self, what: str) -> bool:
        return not self._way.choose((f"finds {what}", f"doesn't find {what}"))

    def each(self, values: Any, parts: int) -> Iterator[Any]:
        """What ``for`` goes through, each taken apart into so many ``parts``; 0 for none."""
        for one in values:
            by_rows = unknown_in(one) or is_of_row(one)
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
        owner = getattr(function, "__self__", None)
        for answer in (self._of_builtin, self._of_dict, self._of_unknown, self._of_set, self._of_choice):
            found = answer(function, owner, values)
            if found is not _NOTHING:
                return found
        if function is sum:
            return self._summed(*arguments, **named)
        if function is map and arguments:
            return self._mapped(*arguments)
        if function is islice and isinstance(arguments[-1], int) and arguments[-1] > 1 and self._way.finds_second():
            arguments = (*arguments[:-1], 1)  # there are more rows than a batch takes
        given = values if owner is None or not is_of_row(owner) else (owner, *values)
        for one in (function, *values):
            if callable(one):
                self._calling(one, given)
        try:
            return function(*arguments, **named)
        except (TypeError, ValueError):
            # A function of another package that wants a real value makes another one of it.
            if is_elsewhere(function, self._file) and unknown_in(values):
                return Unknown(self._way)
            raise

    def _of_builtin(self, function: Any, owner: Any, values: tuple[Any, ...]) -> Any:
        if not values:
            return _NOTHING
        first = values[0]
        if function is len and counts_rows(first):
            return Unknown(self._way) if is_strange(first) else Unknown(self._way, at_least=1)
        if function is len and isinstance(getattr(type(first), "__len__", None), FunctionType):
            return self.call(type(first).__len__, first)  # else its answer would have to be a number
        if function is isinstance and isinstance(first, Unknown):
            return first.is_instance(values[1])
        if (function is set or function is frozenset) and isinstance(first, KnownNames):
            return first.as_set()
        if isinstance(owner, str) and function.__name__ == "join":
            return owner.join(map(as_text, first))
        if type(owner) is str and marked(owner) and function.__name__ in _TELLING:
            return Unknown(self._way)
        return _NOTHING

    def _of_dict(self, function: Any, owner: Any, values: tuple[Any, ...]) -> Any:
        if isinstance(owner, dict | MappingProxyType) and looks_up(function, owner, values):
            return self._entry(owner, values[0], values[1:] or (None,))
        return _NOTHING

    def _of_unknown(self, function: Any, owner: Any, values: tuple[Any, ...]) -> Any:
        if asks_the_machine(function) or id(owner) in self._unknowing:
            return Unknown(self._way)
        if not computes(function, values):
            return _NOTHING
        if owner is not None and not isinstance(owner, ModuleType | type | str | bytes):
            self._unknowing[id(owner)] = owner
        self._may_not_fit()
        return Unknown(self._way)

    def _of_set(self, function: Any, owner: Any, values: tuple[Any, ...]) -> Any:
        if files(function, values):
            return self._filed(function, *values)
        if type(owner) in _SETS and function.__name__ in _SET_METHODS and values and unknown_in((owner, values)):
            other = set().union(*values)
            if function.__name__ in ("difference", "intersection"):
                return self.reduced("-" if function.__name__ == "difference" else "&", owner, type(owner)(other))
            return self._holds(f"{function.__name__}() true")
        return _NOTHING

    def _of_choice(self, function: Any, owner: Any, values: tuple[Any, ...]) -> Any:
        """A member of an enum, or a function that is chosen by the type of its argument."""
        if not values or not isinstance(values[0], Unknown):
            return _NOTHING
        if isinstance(function, EnumType) and len(values) == 1:
            self._may_not_fit()
            return self._one_of(list(function))
        registry = getattr(function, "registry", None)
        if not isinstance(registry, Mapping) or not hasattr(function, "dispatch"):
            return _NOTHING
        return self.call(self._one_of(list(registry.values())), *values)

    def _one_of(self, things: Sequence[Any]) -> Any:
        return things[self._way.choose(tuple(f"finds {named(one)}" for one in things))]

    def _may_not_fit(self) -> None:
        """What is done with an unknown value may raise; that is followed where somebody is prepared for it."""
        for file, at in watched_places():
            caught = value_errors(source_of(file), at)
            if caught is not None:
                line, errors = caught
                others = (f"finds what raises {type(one).__name__} (the try at line {line})" for one in errors)
                fits = (f"finds what fits (the try at line {line})", *others)
                chosen = self._way.choose(fits, about=("fits", file, line))
                if chosen:
                    raise errors[chosen - 1]
                return

    def _entry(self, held: Mapping[Any, Any], key: Any, otherwise: tuple[Any, ...]) -> Any:
        """What a dict holds for a key that may be any: what is changed, called or used later must be the very thing."""
        for known, value in list(held.items()):
            if is_strange(known) and isinstance(value, (*_CONTAINERS, tuple)) and self.compare("==", known, key):
                return value
        things = [one for one in held.values() if isinstance(one, Enum) or not isinstance(one, _PLAIN)]
        if not things:
            return Unknown(self._way)
        return self._one_of([*things, *otherwise])

    def _summed(self, *arguments: Any, **named: Any) -> Any:
        """A sum over rows of whole numbers that say nothing of them (``sum(1 for row in rows)``)."""
        before = self._way.rows_passed
        made = sum(*arguments, **named)
        return Unknown(self._way) if type(made) is int and self._way.rows_passed > before else made

    def _mapped(self, function: Any, *lists: Any) -> Any:
        """``map()``: of an unknown value nothing is known afterwards, and conversions pass unknown values by."""
        if len(lists) == 1 and isinstance(lists[0], Unknown):
            self.call(function, Unknown(self._way))
            return Unknown(self._way)
        return map(partial(self.call, function), *lists)

    def _filed(self, function: Any, value: Any) -> Any:
        self._way.filing = True
        try:
            return function(value)
        finally:
            self._way.filing = False
