"""Reads that lock the rows that they read: INSERT ... SELECT, CREATE TABLE ... SELECT, SELECT ... FOR UPDATE.

Under REPEATABLE READ, which both servers begin with, every row that such a statement reads is locked until its end, and
a table that is read whole is written by nobody meanwhile.

Source: MySQL manual 8.4, "Locks Set by Different SQL Statements in InnoDB"; run on MySQL 9.7 and MariaDB 10.11.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from migrator.dialects.checking import ReadStatement
from migrator.model import operation as o

_WRITES = re.compile(
    r"\s*(?:CREATE\s+(?:OR\s+REPLACE\s+)?(?:TEMPORARY\s+)?TABLE|INSERT|REPLACE)\b.*\bSELECT\b",
    re.IGNORECASE | re.DOTALL,
)
_ASKS = re.compile(r"\s*\(?\s*(?:SELECT|WITH)\b.*\b(?:UPDATE|SHARE)\b", re.IGNORECASE | re.DOTALL)
_NOT_INNODB = ("information_schema", "performance_schema", "mysql", "sys")


def with_locked_rows(statement: ReadStatement) -> ReadStatement:
    """The statement with a :class:`LockTable` for each table of which it may lock all rows by reading them."""
    writes = bool(_WRITES.match(statement.sql))
    if not (writes or _ASKS.match(statement.sql)):
        return statement
    # sqlglot doesn't know REPLACE, which reads as INSERT does.
    tree = _parsed(re.sub(r"^\s*REPLACE\b", "INSERT", statement.sql, flags=re.IGNORECASE))
    if tree is None:
        return statement
    found = list(dict.fromkeys(_sources(tree) if writes else _asked(tree)))
    if not found:
        return statement
    locks = tuple(o.LockTable(table=name, schema=schema, rows=True) for schema, name in found)
    return replace(statement, operations=(*statement.operations, *locks), reads=False)


def _parsed(sql: str) -> Any:
    try:
        import sqlglot
    except ImportError:
        return None
    try:
        return sqlglot.parse_one(sql, read="mysql", error_level=sqlglot.ErrorLevel.RAISE)
    except (sqlglot.errors.SqlglotError, RecursionError, TypeError, AttributeError):
        return None


def _sources(tree: Any) -> list[tuple[str | None, str]]:
    """The tables that a query inside the statement reads."""
    return _named(tree, tree.find_all(_query()))


def _asked(tree: Any) -> list[tuple[str | None, str]]:
    """The tables of a query that says so itself, where neither WHERE nor LIMIT keeps it to some rows."""
    queries = [one for one in tree.find_all(_query()) if one.args.get("locks")]
    return _named(tree, [one for one in queries if not (one.args.get("where") or one.args.get("limit"))])


def _named(tree: Any, queries: Iterable[Any]) -> list[tuple[str | None, str]]:
    """Without the names that WITH gives to its queries."""
    given = {(None, str(one.alias)) for one in tree.find_all(_with())}
    return [name for one in queries for name in _tables(one) if name not in given]


def _query() -> Any:
    from sqlglot import exp

    return exp.Select


def _with() -> Any:
    from sqlglot import exp

    return exp.CTE


def _tables(query: Any) -> list[tuple[str | None, str]]:
    begins = query.args.get("from_") or query.args.get("from")
    nodes = [begins.this if begins is not None else None, *(one.this for one in query.args.get("joins") or ())]
    named = [one for one in nodes if type(one).__name__ == "Table" and one.name and one.name.lower() != "dual"]
    return [
        (one.args["db"].name if one.args.get("db") else None, one.name)
        for one in named
        if (one.args["db"].name.lower() if one.args.get("db") else "") not in _NOT_INNODB
    ]
