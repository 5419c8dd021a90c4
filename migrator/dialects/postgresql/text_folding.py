"""Text that a block puts together from constants alone: what EXECUTE then runs is known."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

from migrator.dialects.postgresql.text_nodes import names

_WORD = re.compile(r"[a-z_][a-z0-9_$]*")
_PLACE = re.compile(r"%(?:(\d+)\$)?(-?\d*)([sIL%])")


def folded(expression: str) -> str | None:
    """What an expression of SQL gives; None where that depends on anything but what stands in it."""
    postgast = import_module("postgast")
    try:
        tree = postgast.parse(f"SELECT {expression}")
    except (ValueError, RecursionError, postgast.PgQueryError):
        return None
    if len(tree.stmts) != 1 or tree.stmts[0].stmt.WhichOneof("node") != "select_stmt":
        return None
    query = tree.stmts[0].stmt.select_stmt
    if len(query.target_list) != 1 or len(query.from_clause):
        return None
    return _value(query.target_list[0].res_target.val)


def _value(node: Any) -> str | None:
    kind = node.WhichOneof("node")
    if kind == "a_const":
        return _constant(node.a_const)
    if kind == "type_cast" and names(node.type_cast.type_name.names)[-1:] == ["text"]:
        return _value(node.type_cast.arg)
    if kind == "a_expr" and names(node.a_expr.name) == ["||"]:
        parts = [_value(node.a_expr.lexpr), _value(node.a_expr.rexpr)]
        return None if None in parts else "".join(str(one) for one in parts)
    if kind == "func_call":
        return _called(names(node.func_call.funcname)[-1], [_value(one) for one in node.func_call.args])
    return None


def _constant(node: Any) -> str | None:
    kind = node.WhichOneof("val")
    if node.isnull or kind not in ("sval", "ival", "fval"):
        return None
    return str(getattr(getattr(node, kind), kind))


def _called(name: str, values: Sequence[str | None]) -> str | None:
    known = [one for one in values if one is not None]
    function = _FUNCTIONS.get(name)
    return None if function is None or len(known) != len(values) or not known else function(known)


def _format(values: Sequence[str]) -> str | None:
    """As the function format(): %s, %I and %L, in order or by number."""
    text, *given = values
    used = 0

    def put(match: re.Match[str]) -> str:
        nonlocal used
        number, width, kind = match.groups()
        if kind == "%":
            return "%"
        used = int(number) if number else used + 1
        return _FORMS[kind](given[used - 1]).rjust(abs(int(width or 0)))

    try:
        return _PLACE.sub(put, text)
    except IndexError:
        return None


def _identifier(text: str) -> str:
    return text if _WORD.fullmatch(text) else '"' + text.replace('"', '""') + '"'


def _literal(text: str) -> str:
    quoted = "'" + text.replace("'", "''") + "'"
    return quoted if "\\" not in text else "E" + quoted.replace("\\", "\\\\")


_FORMS: dict[str, Callable[[str], str]] = {"s": str, "I": _identifier, "L": _literal}
_FUNCTIONS: dict[str, Callable[[Sequence[str]], str | None]] = {
    "format": _format,
    "concat": "".join,
    "quote_ident": lambda values: _identifier(values[0]),
    "quote_literal": lambda values: _literal(values[0]),
}
