"""What stands in the body of a DO block or of a function, as far as PostgreSQL's grammars read it.

A DO block runs at once: all branches of it count.  A function only runs when it is called: it counts as unread when
its body would change something.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

from migrator.dialects.harmless import EXECUTES
from migrator.dialects.postgresql.text_nodes import dotted, names, unread
from migrator.dialects.splitting import POSTGRESQL
from migrator.model import operation as o

Read = tuple[o.Operation, ...]
Reader = Callable[[str], Read]
_DYNAMIC = ("PLpgSQL_stmt_dynexecute", "PLpgSQL_stmt_dynfors", "PLpgSQL_stmt_open")
_ENDS = {"PLpgSQL_stmt_commit": "COMMIT", "PLpgSQL_stmt_rollback": "ROLLBACK"}
_ASSIGNS = 3
_STATEMENT = 0
_CHANGING = frozenset(
    """
    alter analyze call cluster comment copy create delete drop execute grant import insert into listen lock merge notify
    perform refresh reindex reset revoke security set truncate update vacuum
    """.split()
)


def block(node: Any, statement: str, read: Reader) -> Read:
    """The operations of a DO block, those of all its branches; unread in any language but plpgsql.

    Args:
        node: the statement's tree.
        statement: all of it.
        read: reads one statement of the body.
    """
    languages = [one.def_elem.arg.string.sval for one in node.args if one.def_elem.defname == "language"]
    if languages not in ([], ["plpgsql"]):
        return unread(EXECUTES.format(verb="DO"))
    postgast = import_module("postgast")
    try:
        tree = postgast.parse_plpgsql(statement)
    except (ValueError, RecursionError, postgast.PgQueryError):
        return unread(EXECUTES.format(verb="DO"))
    found = [one for kind, value in _statements(tree) for one in _operations(kind, value, read)]
    return tuple(found) or (o.Harmless(what="a block that does nothing"),)


def _statements(tree: Any) -> Iterator[tuple[str, Any]]:
    """Every node that may run something, in order."""
    if isinstance(tree, list):
        for one in tree:
            yield from _statements(one)
    if isinstance(tree, dict):
        for kind, value in tree.items():
            if kind in (*_DYNAMIC, *_ENDS, "PLpgSQL_expr"):
                yield kind, value
            yield from _statements(value)


def _operations(kind: str, value: Any, read: Reader) -> Read:
    if kind in _DYNAMIC:
        return unread("EXECUTE runs text that is put together when the block runs")
    if kind in _ENDS:
        return (o.TransactionControl(verb=_ENDS[kind]),)
    query, mode = str(value.get("query", "")), int(value.get("parseMode", _STATEMENT))
    if mode == _STATEMENT:
        return read(_without_target(query))
    if mode >= _ASSIGNS:
        query = re.sub(r"^.*?:?=", "", query, count=1, flags=re.DOTALL)
    return read(f"SELECT {query}")


def _without_target(query: str) -> str:
    """SELECT ... INTO a variable: plpgsql's INTO makes no table."""
    if not query.lstrip().lower().startswith(("select", "with")):
        return query
    return re.sub(
        r"\bINTO\s+(?:STRICT\s+)?\w+(?:\.\w+)?(?:\s*,\s*\w+(?:\.\w+)?)*", " ", query, count=1, flags=re.IGNORECASE
    )


def routine(node: Any) -> Read:
    """CREATE FUNCTION and CREATE PROCEDURE."""
    options = {one.def_elem.defname: one.def_elem.arg for one in node.options}
    schema, name = dotted(names(node.funcname))
    volatility = options["volatility"].string.sval.lower() if "volatility" in options else "volatile"
    made = o.CreateObject(
        kind=o.ObjectKind.ROUTINE, name=name, schema=schema, replaces=node.replace, volatility=volatility
    )
    language = options["language"].string.sval.lower() if "language" in options else "sql"
    body = " ".join(names(options["as"].list.items)) if "as" in options else ""
    if language not in ("sql", "plpgsql") or not body or _may_change(body):
        return (made, *unread(f"the body of {name}() changes something when it is called"))
    return (made,)


def _may_change(body: str) -> bool:
    """Whether a word of it, outside quotes and comments, begins a statement that changes something."""
    at = 0
    while at < len(body):
        match = POSTGRESQL.tokens.match(body, at)
        assert match is not None  # its last alternative takes any character
        word = (match["word"] or "").lower()
        if word in _CHANGING:
            return True
        at = match.end()
    return False
