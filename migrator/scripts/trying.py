"""Where a revision catches what a statement raises: there the check follows the failure too."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
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
