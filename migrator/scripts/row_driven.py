"""Whether rows of the database decide how often a statement is sent: then what stands in it is no fixed list."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from migrator.dialects.unknown import unknown_in
from migrator.dialects.way import Way
from migrator.model import operation as o
from migrator.scripts.python_text import python_tree

_MOST_FILES = 512


@dataclass(frozen=True, kw_only=True)
class Loops:
    """The bodies of a file's loops: first and last line."""

    bodies: tuple[tuple[int, int], ...] = ()

    @classmethod
    @lru_cache(maxsize=_MOST_FILES)
    def of(cls, source: str) -> Loops:
        """Read from the text of a file; none where it can't be read."""
        tree = python_tree(source) if "for" in source or "while" in source else None
        if tree is None:
            return cls()
        loops = (one for one in ast.walk(tree) if isinstance(one, ast.For | ast.AsyncFor | ast.While))
        return cls(bodies=tuple((one.body[0].lineno, one.body[-1].end_lineno or 0) for one in loops))

    def around(self, lines: Iterable[int]) -> bool:
        """Whether one of the lines is in a loop."""
        return any(first <= line <= last for line in lines for first, last in self.bodies)


def driven_by_rows(way: Way | None, source: str, bound: Any) -> bool:
    """Whether a statement that is sent now is one of as many as there are rows.

    Args:
        bound: its parameters.
    """
    if way is None:
        return False
    if unknown_in(bound):
        return True
    # The one row that stands for any number is the first answer; a question about no row is no loop.
    found = any(not one.answer and ("row" in one.answers[0] or "something" in one.answers[0]) for one in way.taken)
    return found and Loops.of(source).around(way.lines())


def without_lists(operations: Sequence[o.Operation]) -> tuple[o.Operation, ...]:
    """The operations, their rows no longer taken for those that stand in the statement."""
    return tuple(
        replace(one, listed=False) if isinstance(one, o.ChangeRows) and one.listed else one for one in operations
    )
