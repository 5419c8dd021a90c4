"""The columns of a view that is made or replaced: CREATE OR REPLACE and ALTER VIEW take away what they don't name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from migrator.dialects.checking import ReadStatement
from migrator.dialects.statement_heads import NAME, split_name
from migrator.model import operation as o

_FLAGS = re.IGNORECASE | re.DOTALL
_VIEW = re.compile(
    rf".*?\bVIEW\s+(?:IF\s+NOT\s+EXISTS\s+)?{NAME}\s*(?:\((?P<named>[^()]*)\)\s*)?\bAS\b(?P<query>.*?)"
    r"(?:\bWITH\s+(?:CASCADED\s+|LOCAL\s+)?CHECK\s+OPTION\s*)?$",
    _FLAGS,
)


def with_view_columns(statement: ReadStatement) -> ReadStatement:
    """The statement with the columns of the view that it makes; without them where the text doesn't name each."""
    if not any(_is_view(one) for one in statement.operations):
        return statement
    match = _VIEW.match(statement.sql)
    if match is None:
        return statement
    named = [split_name(one)[1] for one in match["named"].split(",")] if match["named"] else _selected(match["query"])
    return replace(statement, operations=tuple(_with(one, named) for one in statement.operations))


def _is_view(operation: o.Operation) -> bool:
    return isinstance(operation, o.CreateObject) and operation.kind is o.ObjectKind.VIEW


def _with(operation: o.Operation, columns: Sequence[str]) -> o.Operation:
    if not isinstance(operation, o.CreateObject) or operation.kind is not o.ObjectKind.VIEW or not columns:
        return operation
    return replace(operation, shows=tuple(columns))


def _selected(query: str) -> list[str]:
    """The names that a query gives its columns; empty where ``*`` or an expression without a name is among them."""
    try:
        import sqlglot
    except ImportError:
        return []
    try:
        tree: Any = sqlglot.parse_one(query, read="mysql")
        names = list(tree.named_selects)
    except (sqlglot.errors.SqlglotError, AttributeError):
        return []
    return [] if "*" in names or "" in names else names
