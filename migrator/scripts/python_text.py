"""Python text that is only looked at."""

from __future__ import annotations

import ast
import warnings
from functools import lru_cache


@lru_cache(maxsize=8)  # several rules look at a file one after the other; trees of all files would fill the memory
def python_tree(source: str) -> ast.Module | None:
    """The tree of a text, not to be changed, without Python's warnings of it, which whoever runs the file gets; None
    where it has none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return None
