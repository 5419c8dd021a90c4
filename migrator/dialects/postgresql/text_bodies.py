"""What stands in the body of a DO block or of a function, as far as PostgreSQL's grammars read it.

A DO block runs at once: all branches of it count.  A function only runs when it is called.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

from migrator.dialects.harmless import EXECUTES
from migrator.dialects.postgresql.text_folding import Bindings, folded
from migrator.dialects.postgresql.text_loops import Ran, statements
from migrator.dialects.postgresql.text_nodes import dotted, names, nodes, types_named, unread
from migrator.dialects.splitting import POSTGRESQL
from migrator.model import operation as o

Read = tuple[o.Operation, ...]
Reader = Callable[[str], Read]
_DYNAMIC = ("PLpgSQL_stmt_dynexecute", "PLpgSQL_stmt_dynfors", "PLpgSQL_stmt_open")
_ENDS = {"PLpgSQL_stmt_commit": "COMMIT", "PLpgSQL_stmt_rollback": "ROLLBACK"}
_RUNS = (*_DYNAMIC, *_ENDS, "PLpgSQL_expr")
_ASSIGNS = 3
_STATEMENT = 0
_CHANGES = ("InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt")
# RAISE with one of these is a message; with anything else, or nothing, an error.
_SAYS = ("debug", "log", "info", "notice", "warning")


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
    found = [one for ran in statements(tree, _RUNS) for one in _operations(ran, read)]
    return tuple(found) or (o.Harmless(what="a block that does nothing"),)


def _operations(ran: Ran, read: Reader) -> Read:
    kind, value, bound = ran
    if kind in _DYNAMIC:
        return _executed(value, bound, read)
    if kind in _ENDS:
        return (o.TransactionControl(verb=_ENDS[kind]),)
    query, mode = str(value.get("query", "")), int(value.get("parseMode", _STATEMENT))
    if mode == _STATEMENT:
        return read(_without_target(query))
    if mode >= _ASSIGNS:
        query = re.sub(r"^.*?:?=", "", query, count=1, flags=re.DOTALL)
    return read(f"SELECT {query}")


def _executed(value: Any, bound: Bindings, read: Reader) -> Read:
    """EXECUTE: what it runs is known where the text is made of constants, and of variables that go through some."""
    if "argquery" in value or ("query" not in value and "dynquery" not in value):
        return ()
    expression = (value.get("query") or value.get("dynquery")).get("PLpgSQL_expr", {}).get("query", "")
    text = folded(str(expression), bound)
    return unread("EXECUTE runs text that is put together when the block runs") if text is None else read(text)


def _without_target(query: str) -> str:
    """SELECT ... INTO a variable: plpgsql's INTO makes no table."""
    if not query.lstrip().lower().startswith(("select", "with")):
        return query
    return re.sub(
        r"\bINTO\s+(?:STRICT\s+)?\w+(?:\.\w+)?(?:\s*,\s*\w+(?:\.\w+)?)*", " ", query, count=1, flags=re.IGNORECASE
    )


def routine(node: Any, statement: str, read: Reader) -> Read:
    """CREATE FUNCTION and CREATE PROCEDURE: nothing runs until something calls it.

    Args:
        node: the statement's tree.
        statement: all of it.
        read: reads one statement of the body.
    """
    options = {one.def_elem.defname: one.def_elem.arg for one in node.options}
    schema, name = dotted(names(node.funcname))
    volatility = options["volatility"].string.sval.lower() if "volatility" in options else "volatile"
    language = options["language"].string.sval.lower() if "language" in options else "sql"
    body = " ".join(names(options["as"].list.items)) if "as" in options else ""
    made = o.CreateObject(
        kind=o.ObjectKind.ROUTINE,
        name=name,
        schema=schema,
        replaces=node.replace,
        volatility=volatility,
        uses=types_named(node),
        quiet=_is_quiet(node, language, body, statement, read),
        refuses=language == "plpgsql" and _raises(body),
    )
    return (made,)


def _is_quiet(node: Any, language: str, body: str, statement: str, read: Reader) -> bool:
    """Whether a call changes nothing: every statement of it is read and harmless."""
    if node.HasField("sql_body"):
        return not any(one.DESCRIPTOR.name in _CHANGES for one in nodes(node.sql_body))
    if language == "sql" and body:
        return all(isinstance(one, o.Harmless) for one in read(body))
    if language != "plpgsql" or not body:
        return False
    postgast = import_module("postgast")
    try:
        tree = postgast.parse_plpgsql(statement)
    except (ValueError, RecursionError, postgast.PgQueryError):
        return False
    found = (one for ran in statements(tree, _RUNS) for one in _operations(ran, read))
    return all(isinstance(one, o.Harmless) for one in found)


def _raises(body: str) -> bool:
    """Whether RAISE of an error stands in it, outside quotes and comments."""
    words = list(_words(body))
    after = [*words[1:], ""]
    return any(one == "raise" and then not in _SAYS for one, then in zip(words, after, strict=True))


def _words(body: str) -> Iterator[str]:
    at = 0
    while at < len(body):
        match = POSTGRESQL.tokens.match(body, at)
        assert match is not None  # its last alternative takes any character
        if match["word"]:
            yield match["word"].lower()
        at = match.end()
