"""What a check allows of a column, and what a range partition holds, as comparisons with constants."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

from migrator.dialects.postgresql.text_nodes import kind_of, names
from migrator.model.operation import Limit

_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "<>": "<>"}
_DENIED = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "=": "<>", "<>": "="}


def limits_of(expression: Any) -> tuple[Limit, ...]:
    """The comparisons of a column with a constant that hold wherever the expression does; others are left out."""
    return tuple(_limits(expression))


def _limits(expression: Any) -> Iterator[Limit]:
    kind = expression.WhichOneof("node")
    if kind == "bool_expr" and kind_of(expression.bool_expr, "boolop") == "AND_EXPR":
        for one in expression.bool_expr.args:
            yield from _limits(one)
    elif kind == "a_expr":
        yield from _compared(expression.a_expr)


def _compared(node: Any) -> Iterator[Limit]:
    left, right = _column(node.lexpr), _column(node.rexpr)
    sign = "".join(names(node.name))
    if sign == "BETWEEN" and left:
        ends = [_constant(one) for one in node.rexpr.list.items]
        yield from (Limit(left, sign, end) for sign, end in zip((">=", "<="), ends, strict=True))
    elif sign in _TURNED and left and not right:
        yield Limit(left, sign, _constant(node.rexpr))
    elif sign in _TURNED and right and not left:
        yield Limit(right, _TURNED[sign], _constant(node.lexpr))


def _column(node: Any) -> str:
    return (names(node.column_ref.fields) or [""])[-1] if node.WhichOneof("node") == "column_ref" else ""


def _constant(node: Any) -> str:
    """A constant's text, whatever it is cast to; empty for what only the server computes."""
    while node.WhichOneof("node") == "type_cast":
        node = node.type_cast.arg
    if node.WhichOneof("node") != "a_const":
        return ""
    kind = node.a_const.WhichOneof("val")
    value = getattr(node.a_const, kind) if kind in ("ival", "fval", "sval") else None
    return "" if value is None else str(getattr(value, kind))


def bounds_of(bound: Any) -> tuple[Limit, ...] | None:
    """The ends of a range over one column, which is not named, or the values of a list; None for what is neither."""
    if bound.is_default:
        return None
    if bound.strategy == "l":
        return tuple(Limit("", "=", _constant(one)) for one in bound.listdatums)
    if bound.strategy != "r" or len(bound.lowerdatums) != 1:
        return None
    ends = zip((">=", "<"), (*bound.lowerdatums, *bound.upperdatums), strict=True)
    return tuple(
        Limit("", sign, _constant(end)) for sign, end in ends if not _column(end)
    )  # MINVALUE is written as one


def keys_of(spec: Any) -> tuple[str, ...]:
    """The columns of PARTITION BY; none where one is an expression."""
    found = tuple(one.partition_elem.name for one in spec.part_params)
    return found if all(found) else ()


def choices_of(expression: Any, *, denied: bool = False) -> tuple[tuple[Limit, ...], ...]:
    """The lists of comparisons of which one at least holds wherever the expression does; none where nobody can tell.

    Args:
        denied: wherever it doesn't.
    """
    kind = expression.WhichOneof("node")
    if kind == "bool_expr":
        parts = list(expression.bool_expr.args)
        operator = kind_of(expression.bool_expr, "boolop")
        if operator == "NOT_EXPR":
            return choices_of(parts[0], denied=not denied)
        found = [choices_of(one, denied=denied) for one in parts]
        if (operator == "OR_EXPR") is not denied:
            return tuple(one for every in found for one in every) if all(found) else ()
        return tuple(tuple(one for choice in chosen for one in choice) for chosen in product(*filter(None, found)))
    limits = tuple(_compared(expression.a_expr)) if kind == "a_expr" else ()
    if not denied:
        return (limits,) if limits else ()
    return tuple((Limit(one.column, _DENIED[one.sign], one.value),) for one in limits)
