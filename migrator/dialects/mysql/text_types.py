"""Types of columns as MySQL and MariaDB write them: sqlglot's own names of them forget some (tinytext, timestamp)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from migrator.dialects.checking import ReadStatement
from migrator.dialects.mysql.planner_text import Piece, UnreadableError, pieces, table_change
from migrator.dialects.statement_heads import PART, split_name
from migrator.model import operation as o

_DEFINITION = (
    rf"(?P<name>{PART}) (?P<type>(?:(?:NATIONAL|LONG) )?[A-Za-z]\w*"
    r"(?: ?\((?:'(?:[^']|'')*'|[^)'])*\))?(?: (?:UNSIGNED|ZEROFILL))*)"
)
# Of another one a geometry is another type.
_SRID = re.compile(r"\b(?:SRID|REF_SYSTEM_ID ?=) ?(\d+)", re.IGNORECASE)
_IN_TABLE = re.compile(_DEFINITION, re.IGNORECASE)
_IN_CHANGE = re.compile(
    rf"(?:ADD|MODIFY|CHANGE(?: COLUMN)?(?: IF EXISTS)? {PART})(?: COLUMN)?(?: IF (?:NOT )?EXISTS)? {_DEFINITION}",
    re.IGNORECASE,
)
_TABLE = re.compile(r"CREATE\b[^(]*?\bTABLE\b[^(]*\((?P<inside>.*)\)", re.IGNORECASE | re.DOTALL)


def with_written_types(statement: ReadStatement) -> ReadStatement:
    """The statement with each column's type as its text says it."""
    if not any(isinstance(one, o.CreateTable | o.AddColumn | o.AlterColumn) for one in statement.operations):
        return statement
    try:
        types = dict(_types(statement.sql))
    except UnreadableError:
        return statement
    return replace(statement, operations=tuple(_written(one, types) for one in statement.operations))


def _types(sql: str) -> Iterator[tuple[str, str]]:
    table = _TABLE.match(sql)
    change = None if table is not None else table_change(pieces(sql))
    parts: tuple[Piece, ...] = pieces(table["inside"]) if table is not None else change.actions if change else ()
    for one in parts:
        match = (_IN_TABLE if table is not None else _IN_CHANGE).match(one.text)
        if match is not None:
            place = _SRID.search(one.words)
            yield split_name(match["name"])[1], _upper(match["type"]) + (f" SRID {place[1]}" if place else "")


def _upper(text: str) -> str:
    return re.sub(r"'(?:[^']|'')*'|[^']+", lambda one: one[0] if one[0][0] == "'" else one[0].upper(), text)


def _written(operation: o.Operation, types: dict[str, str]) -> o.Operation:
    if isinstance(operation, o.CreateTable):
        columns = tuple(replace(one, type=types.get(one.name, one.type)) for one in operation.columns)
        return replace(operation, columns=columns)
    if isinstance(operation, o.AddColumn):
        column = operation.column
        return replace(operation, column=replace(column, type=types.get(column.name, column.type)))
    if isinstance(operation, o.AlterColumn) and operation.type is not None:
        return replace(operation, type=types.get(operation.new_name or operation.column, operation.type))
    return operation
