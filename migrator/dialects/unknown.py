"""A value that only a database knows.  Whatever it is compared with, it is followed both ways.

It stands for anything: a number, a text, a document, a row.  What is computed from it is unknown too; a text made of it
carries a mark, so that a statement in which it ends is recognised.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import Row, RowMapping
from sqlalchemy.sql.operators import Operators

from migrator.dialects.way import OF_TYPE, Way, asked_by_user

# A character of Unicode's private use area: it survives quoting and is in nobody's schema.
MARK = "\ue0f7"
_QUOTING = re.compile(r"\s*(?:select|insert|update|delete|comment|alter|create\s+(?:table|index))\b", re.IGNORECASE)
_DOUBTFUL = re.compile(r"\\|--|/\*|\$\$|\"[^\"]*'|`[^`]*'")
_QUOTED = re.compile(r"'(?:[^']|'')*'")
_ANY = ("finds a value with something in it", "finds an empty one")
_OF_ROWS = frozenset({"_mapping", "_asdict", "_fields", "_tuple"})
HOLDS = ("finds {} true", "finds {} false")


def marked(text: str) -> bool:
    """Whether an unknown value stands in the text."""
    return MARK in text


def misread(sql: str) -> bool:
    """Whether an unknown value stands in a statement where it may be anything: not only inside a text in quotes.

    Of a statement that may run a text as SQL (``DO``, ``EXECUTE``, ``CALL``), anywhere; also where comments, escapes or
    names in quotes make it doubtful where a text ends.
    """
    if not marked(sql):
        return False
    return not _QUOTING.match(sql) or bool(_DOUBTFUL.search(sql)) or marked(_QUOTED.sub("''", sql))


def plainly(text: str) -> str:
    """The text with a name that any grammar reads for each unknown value."""
    return text.replace(MARK, "_") if MARK in text else text


def unknown_in(value: Any, depth: int = 4) -> bool:
    """Whether the value is unknown, or a container or text that holds something unknown."""
    if isinstance(value, Unknown | UnknownText):
        return True
    if isinstance(value, str):
        return marked(value)
    if depth and isinstance(value, dict):
        return any(unknown_in(one, depth - 1) for pair in value.items() for one in pair)
    if depth and isinstance(value, list | tuple | set | frozenset | deque | Row | RowMapping):
        return any(unknown_in(one, depth - 1) for one in value)
    return False


def _is_element(other: Any) -> bool:
    return isinstance(other, Operators) or hasattr(type(other), "__clause_element__")


class _Comparing:
    """Comparisons that go both ways."""

    way: Way
    number: int

    def _holds(self, sign: str, other: Any, *, in_library: bool) -> Any:
        if _is_element(other):
            return NotImplemented
        if self.way.filing or not asked_by_user(3):
            return in_library
        answers = tuple(text.format(f"a comparison ({sign})") for text in HOLDS)
        return not self.way.choose(answers, about=(self.number, sign, _operand(other)))

    def __eq__(self, other: object) -> Any:
        return self._holds("==", other, in_library=other is self)

    def __ne__(self, other: object) -> Any:
        equal = self._holds("==", other, in_library=other is self)
        return equal if equal is NotImplemented else not equal

    def __lt__(self, other: Any) -> Any:
        return self._holds("<", other, in_library=False)

    def __gt__(self, other: Any) -> Any:
        return self._holds(">", other, in_library=True)

    def __le__(self, other: Any) -> Any:
        return self._holds("<=", other, in_library=False)

    def __ge__(self, other: Any) -> Any:
        return self._holds(">=", other, in_library=True)

    def __hash__(self) -> int:
        return 0x5EED


def _operand(other: Any) -> Any:
    # Values of the revision's own stay here: a choice is told by its line, never by what was compared.
    return other.number if isinstance(other, _Comparing) else repr(other)


class Unknown(_Comparing):
    """A value out of a row, or something computed from one.

    Args:
        at_least: it is a number, and no smaller.
        as_text: it is a number that says how many rows there were; in a text it stands as this one.
    """

    def __init__(self, way: Way, *, at_least: int | None = None, as_text: int | None = None) -> None:
        self.way = way
        self.number = way.number()
        self._at_least = at_least
        self._as_text = as_text
        self._kinds: frozenset[Any] = frozenset()

    # -- truth and size ----------------------------------------------------------------------------------------------

    def __bool__(self) -> bool:
        if self._at_least or not asked_by_user():
            return True
        return not self.way.choose(tuple(text.format("a value") for text in HOLDS), about=(self.number, "bool"))

    def is_none(self) -> bool:
        """Whether it is NULL on this way."""
        if self._at_least is not None:
            return False
        return bool(self.way.choose(("finds a value", "finds NULL"), about=(self.number, "null")))

    def is_constant(self, constant: bool) -> bool:
        """Whether it is True, or False, itself."""
        answers = tuple(text.format(f"a value `is {constant}`") for text in HOLDS)
        return not self.way.choose(answers, about=(self.number, "is", constant))

    def is_instance(self, kinds: Any) -> bool:
        """Whether it is of one of the types; what is a dict on this way is no list later on."""
        asked = frozenset(kinds if isinstance(kinds, tuple) else (kinds,))
        if self._kinds:
            return any(issubclass(one, other) or issubclass(other, one) for one in self._kinds for other in asked)
        if self.way.choose(OF_TYPE, about=(self.number, "type", asked)):
            return False
        self._kinds = asked
        return True

    def grown(self, step: int) -> Unknown:
        """Itself and a number that was added to it."""
        as_text = None if self._as_text is None else self._as_text + step
        return Unknown(self.way, at_least=self._at_least if step > 0 else None, as_text=as_text)

    def __len__(self) -> int:
        if not asked_by_user():
            return 1
        return 1 - self.way.choose(
            ("finds a value with something in it", "finds an empty one"), about=(self.number, "len")
        )

    def __index__(self) -> int:
        if asked_by_user():
            self.way.give_up("makes a number of a value out of a row: only 1 was tried")
        return 1

    __int__ = __index__

    def __float__(self) -> float:
        return float(self.__index__())

    def __iter__(self) -> Iterator[Any]:
        if not asked_by_user():
            return iter([self])  # a library that takes one value or several
        return self._parts()

    def _parts(self) -> Iterator[Any]:
        if not self.way.choose(_ANY, about=(self.number, "len")):
            yield Unknown(self.way)
            if self.way.finds_second():
                yield Unknown(self.way)

    def __contains__(self, other: object) -> bool:
        answers = tuple(text.format("`in`") for text in HOLDS)
        return not self.way.choose(answers, about=(self.number, "in", _operand(other)))

    # -- what is computed from it ------------------------------------------------------------------------------------

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") and name not in _OF_ROWS:
            raise AttributeError(name)
        return Unknown(self.way)

    def __getitem__(self, key: Any) -> Any:
        return Unknown(self.way)

    def __setitem__(self, key: Any, value: Any) -> None:
        """Whatever it holds afterwards is unknown all the same."""

    __delitem__ = __getitem__

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        return Unknown(self.way)

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *exception: object) -> None:
        """Nothing."""

    # -- text --------------------------------------------------------------------------------------------------------

    def __str__(self) -> str:
        return UnknownText.of(self.way) if self._as_text is None else str(self._as_text)

    __repr__ = __str__

    def __format__(self, how: str) -> str:
        return UnknownText.of(self.way) if self._as_text is None else format(self._as_text, how)

    def __deepcopy__(self, memo: Any) -> Any:
        return self

    def __copy__(self) -> Any:
        return self


class UnknownText(_Comparing, str):
    """A text of which nothing is known; as a ``str`` it is a mark."""

    way: Way
    __hash__ = _Comparing.__hash__

    @classmethod
    def of(cls, way: Way) -> UnknownText:
        """A new one."""
        made = cls(f"{MARK}unknown{MARK}")
        made.way = way
        made.number = way.number()
        return made

    def __bool__(self) -> bool:
        return True

    def __contains__(self, other: object) -> bool:
        answers = tuple(text.format("`in`") for text in HOLDS)
        return not self.way.choose(answers, about=(self.number, "in", _operand(other)))

    def startswith(self, *arguments: Any) -> bool:
        return self.__contains__(arguments)

    endswith = startswith

    def lower(self) -> Any:
        return self

    upper = lower

    def strip(self, chars: str | None = None) -> Any:
        return self

    lstrip = rstrip = strip


def _computing(self: Any, *others: Any) -> Any:
    if any(_is_element(one) for one in others):
        return NotImplemented
    return Unknown(self.way)


def _joined(self: Any, other: Any) -> Any:
    if isinstance(other, str):
        return f"{self}{other}"  # marked; where the mark stands is of no interest
    return _computing(self, other)


_NAMES = "add sub mul truediv floordiv mod pow and or xor lshift rshift"
_UNARY = "neg pos abs invert round"


def _compute(kind: type, compute: Callable[..., Any]) -> None:
    for name in _NAMES.split():
        setattr(kind, f"__{name}__", compute)
        setattr(kind, f"__r{name}__", compute)
    for name in _UNARY.split():
        setattr(kind, f"__{name}__", compute)


_compute(Unknown, _computing)
for _name in ("__add__", "__radd__"):
    setattr(Unknown, _name, _joined)
