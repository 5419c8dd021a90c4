"""Where code catches what a statement, or an unfit value, raises: there the check follows the failure too."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import InvalidOperation
from functools import lru_cache

from sqlalchemy import exc

from migrator.scripts.python_text import python_tree

# What no statement raises: handlers of these alone don't wait for a database.
_OTHERS = frozenset(
    "ImportError ModuleNotFoundError KeyError ValueError AttributeError IndexError TypeError StopIteration LookupError"
    " NoResultFound MultipleResultsFound NoSuchTableError JSONDecodeError UnicodeDecodeError NameError".split()
)


class FailedStatementError(
    exc.ProgrammingError, exc.OperationalError, exc.IntegrityError, exc.InternalError, exc.NotSupportedError
):
    """A statement fails on this way, for whichever reason the revision is prepared for."""

    def __init__(self) -> None:
        super().__init__("", None, Exception("a statement that fails on this way"))

    def __reduce__(self) -> tuple[type[FailedStatementError], tuple[()]]:
        return type(self), ()


@dataclass(frozen=True, kw_only=True)
class _Block:
    """What stands in a ``try``, or in a ``with suppress()``, and the names of what is caught; ``*`` for everything."""

    line: int
    first: int
    last: int
    caught: frozenset[str]


@lru_cache(maxsize=512)
def _blocks(source: str) -> tuple[_Block, ...]:
    """Those of a file's text; none where it can't be read."""
    tree = python_tree(source) if "except" in source or "suppress" in source else None
    return tuple(one for node in ast.walk(tree) if (one := _block(node)) is not None) if tree is not None else ()


def _block(node: ast.AST) -> _Block | None:
    if isinstance(node, ast.Try):
        types = [one.type for one in node.handlers]
    elif isinstance(node, ast.With):
        types = [type_ for item in node.items for type_ in _suppressed(item.context_expr)]
    else:
        return None
    caught = frozenset(name for one in types for name in (_names(one) if one is not None else ("*",)))
    return _Block(line=node.lineno, first=node.body[0].lineno, last=node.body[-1].end_lineno or 0, caught=caught)


def _suppressed(called: ast.expr) -> list[ast.expr]:
    return called.args if isinstance(called, ast.Call) and _names(called.func) == {"suppress"} else []


def _names(caught: ast.expr) -> set[str]:
    each = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    return {one.attr if isinstance(one, ast.Attribute) else getattr(one, "id", "") for one in each}


def _innermost(source: str, line: int, waits: Callable[[frozenset[str]], bool]) -> _Block | None:
    inside = [one for one in _blocks(source) if one.first <= line <= one.last and waits(one.caught)]
    return max(inside, key=lambda one: one.line, default=None)


def failing_statement(source: str, line: int) -> int:
    """The line of the innermost block around this line that waits for a statement that fails; 0 for none."""
    found = _innermost(source, line, lambda caught: bool(caught - _OTHERS))
    return found.line if found is not None else 0


_OF_VALUES: Mapping[str, type[Exception]] = {
    one.__name__: one
    for one in (
        ValueError, TypeError, KeyError, IndexError, LookupError, AttributeError, ArithmeticError, OverflowError,
        ZeroDivisionError, InvalidOperation,
    )
} | {"Exception": ValueError, "BaseException": ValueError, "*": ValueError}  # fmt: skip

_MADE = frozenset({"JSONDecodeError", "UnicodeDecodeError"})  # they want to be told where


def value_errors(source: str, line: int) -> tuple[int, tuple[Exception, ...]] | None:
    """What a value that doesn't fit may raise at this line, if a try block there is prepared for it.

    Returns:
        (the line of the innermost such block, one error of each kind that it catches); None where there is none.
    """
    known = _OF_VALUES.keys() | _MADE
    found = _innermost(source, line, lambda caught: not known.isdisjoint(caught))
    return (found.line, tuple(map(_error, sorted(found.caught & known)))) if found is not None else None


def _error(name: str) -> Exception:
    if name == "JSONDecodeError":
        return json.JSONDecodeError("", "", 0)
    if name == "UnicodeDecodeError":
        return UnicodeDecodeError("utf-8", b"", 0, 0, "")
    return _OF_VALUES[name]()
