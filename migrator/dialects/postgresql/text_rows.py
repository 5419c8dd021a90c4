"""Which rows a WHERE leaves, and which columns a view shows, as far as their text tells."""

from __future__ import annotations

from typing import Any

from migrator.dialects.postgresql.text_nodes import kind_of, names


def keyed_by(condition: Any) -> tuple[str, ...]:
    """The columns that the condition compares with constants by ``=`` or ``IN``, in every row that it leaves."""
    kind = condition.WhichOneof("node")
    if kind == "bool_expr" and kind_of(condition.bool_expr, "boolop") == "AND_EXPR":
        return tuple(name for one in condition.bool_expr.args for name in keyed_by(one))
    if kind != "a_expr" or kind_of(condition.a_expr, "kind") not in ("AEXPR_OP", "AEXPR_IN"):
        return ()
    expression = condition.a_expr
    if names(expression.name) != ["="] or expression.lexpr.WhichOneof("node") != "column_ref":
        return ()
    column = names(expression.lexpr.column_ref.fields)[-1:]
    return tuple(column) if _is_written(expression.rexpr) else ()


def _is_written(value: Any) -> bool:
    kind = value.WhichOneof("node")
    if kind == "list":
        return all(_is_written(one) for one in value.list.items)
    if kind == "type_cast":
        return _is_written(value.type_cast.arg)
    return str(kind) == "a_const"


def shown_columns(view: Any) -> tuple[str, ...]:
    """The names of a view's columns: * for all of a table, empty for one that the server names."""
    if view.aliases:
        return tuple(names(view.aliases))
    targets = [one.res_target for one in view.query.select_stmt.target_list]
    return tuple(one.name or _own_name(one.val) for one in targets)


def _own_name(value: Any) -> str:
    if value.WhichOneof("node") != "column_ref":
        return ""
    last = value.column_ref.fields[-1]
    return "*" if last.WhichOneof("node") == "a_star" else str(last.string.sval)
