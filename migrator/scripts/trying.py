"""Where code catches what a statement, or an unfit value, raises: there the check follows the failure too."""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping, Sequence
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
class Tries:
    """The try blocks of a file: first and last line of what is tried."""

    blocks: tuple[tuple[int, int, int], ...] = ()

    @classmethod
    @lru_cache(maxsize=512)
    def of(cls, source: str) -> Tries:
        """Read from the text of a file; none where it can't be read."""
        if "except" not in source:
            return cls()
        tree = python_tree(source)
        if tree is None:
            return cls()
        found = [node for node in ast.walk(tree) if isinstance(node, ast.Try) and _waits(node)]
        return cls(
            blocks=tuple((one.lineno, one.body[0].lineno, one.body[-1].end_lineno or one.lineno) for one in found)
        )

    def around(self, lines: Sequence[int]) -> int:
        """The line of the innermost try block around the innermost of these lines that has one; 0 for none."""
        for line in lines:
            inside = [block for block in self.blocks if block[1] <= line <= block[2]]
            if inside:
                return max(inside)[0]
        return 0


def _waits(node: ast.Try) -> bool:
    return any(handler.type is None or _names(handler.type) - _OTHERS for handler in node.handlers)


def _names(caught: ast.expr) -> set[str]:
    each = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    return {one.attr if isinstance(one, ast.Attribute) else getattr(one, "id", "") for one in each}


_OF_VALUES: Mapping[str, type[Exception]] = {
    one.__name__: one
    for one in (
        ValueError, TypeError, KeyError, IndexError, LookupError, AttributeError, ArithmeticError, OverflowError,
        ZeroDivisionError, InvalidOperation,
    )
} | {"Exception": ValueError, "BaseException": ValueError, "": ValueError}  # fmt: skip

_MADE = frozenset({"JSONDecodeError", "UnicodeDecodeError"})  # they want to be told where


@lru_cache(maxsize=512)
def _value_tries(source: str) -> tuple[tuple[int, int, int, tuple[str, ...]], ...]:
    """The try blocks that catch what a value raises: line, first and last line of what is tried, names caught."""
    tree = python_tree(source) if "except" in source else None
    found = []
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, ast.Try):
            caught = [name for one in node.handlers for name in (_names(one.type) if one.type else {""})]
            known = tuple(sorted(name for name in caught if name in _OF_VALUES or name in _MADE))
            if known:
                found.append((node.lineno, node.body[0].lineno, node.body[-1].end_lineno or node.lineno, known))
    return tuple(found)


def value_error(source: str, line: int) -> tuple[int, Exception] | None:
    """What a value that can't be converted raises at this line, if a try block there is prepared for it.

    Returns:
        (the line of the innermost such block, an error that it catches); None where there is no such block.
    """
    inside = [block for block in _value_tries(source) if block[1] <= line <= block[2]]
    if not inside:
        return None
    block = max(inside)
    return block[0], _error(block[3][0])


def _error(name: str) -> Exception:
    if name == "JSONDecodeError":
        return json.JSONDecodeError("", "", 0)
    if name == "UnicodeDecodeError":
        return UnicodeDecodeError("utf-8", b"", 0, 0, "")
    return _OF_VALUES[name]()
