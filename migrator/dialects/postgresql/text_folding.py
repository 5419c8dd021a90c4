"""Text that a block puts together from constants alone: what EXECUTE then runs is known."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

from migrator.dialects.postgresql.text_nodes import names

_WORD = re.compile(r"[a-z_][a-z0-9_$]*")
_PLACE = re.compile(r"%(?:(\d+)\$)?(-?\d*)([sIL%])")


Bindings = Mapping[str, str]
"""Variable → the value that it is known to have."""


def folded(expression: str, known: Bindings | None = None) -> str | None:
    """What an expression of SQL gives; None where that depends on anything but what stands in it and is ``known``."""
    node = _expression(expression)
    return None if node is None else _value(node, known or {})


def folded_array(expression: str, known: Bindings) -> list[str] | None:
    """The elements of an array of constants, written ARRAY[...] or '{...}'; None for any other expression."""
    node = _expression(expression)
    while node is not None and node.WhichOneof("node") == "type_cast":
        node = node.type_cast.arg
    if node is None:
        return None
    if node.WhichOneof("node") == "a_const":
        text = _constant(node.a_const) or ""
        plain = re.fullmatch(r"\{\s*(\w+(?:\s*,\s*\w+)*)\s*\}", text)
        return None if plain is None else re.split(r"\s*,\s*", plain[1])
    if node.WhichOneof("node") != "a_array_expr":
        return None
    values = [_value(one, known) for one in node.a_array_expr.elements]
    found = [one for one in values if one is not None]
    return found if len(found) == len(values) else None


def _expression(expression: str) -> Any:
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
    return query.target_list[0].res_target.val


def _value(node: Any, bound: Bindings) -> str | None:
    kind = node.WhichOneof("node")
    if kind == "a_const":
        return _constant(node.a_const)
    if kind == "type_cast" and names(node.type_cast.type_name.names)[-1:] == ["text"]:
        return _value(node.type_cast.arg, bound)
    if kind == "column_ref":
        return bound.get(".".join(names(node.column_ref.fields)))
    if kind == "a_expr" and node.a_expr.HasField("lexpr"):
        return _combined(
            names(node.a_expr.name)[-1], _value(node.a_expr.lexpr, bound), _value(node.a_expr.rexpr, bound)
        )
    if kind == "func_call":
        return _called(names(node.func_call.funcname)[-1], [_value(one, bound) for one in node.func_call.args])
    return None


def _combined(sign: str, left: str | None, right: str | None) -> str | None:
    if left is None or right is None:
        return None
    if sign == "||":
        return left + right
    if sign not in _SUMS or not (left.isdecimal() and right.isdecimal()):
        return None
    return str(_SUMS[sign](int(left), int(right)))


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


_SUMS: dict[str, Callable[[int, int], int]] = {"+": operator.add, "-": operator.sub, "*": operator.mul}
_FORMS: dict[str, Callable[[str], str]] = {"s": str, "I": _identifier, "L": _literal}
_FUNCTIONS: dict[str, Callable[[Sequence[str]], str | None]] = {
    "format": _format,
    "concat": "".join,
    "quote_ident": lambda values: _identifier(values[0]),
    "quote_literal": lambda values: _literal(values[0]),
}
