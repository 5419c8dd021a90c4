"""Which rows a WHERE leaves, and which columns a view shows, as far as their text tells."""

from __future__ import annotations

from typing import Any

from migrator.dialects.postgresql.text_nodes import kind_of, names, nodes, table_of
from migrator.model import operation as o

CHANGES = {
    "InsertStmt": o.RowChange.INSERT,
    "UpdateStmt": o.RowChange.UPDATE,
    "DeleteStmt": o.RowChange.DELETE,
    "MergeStmt": o.RowChange.MERGE,
}
# They make many rows of one.
_MULTIPLY = frozenset(
    """
    generate_series generate_subscripts json_array_elements jsonb_array_elements json_each jsonb_each
    regexp_split_to_table string_to_table unnest
    """.split()
)


def changed(node: Any) -> o.ChangeRows:
    """INSERT, UPDATE, DELETE and MERGE."""
    change = CHANGES[node.DESCRIPTOR.name]
    schema, table = table_of(node.relation)
    bounded = change in (o.RowChange.UPDATE, o.RowChange.DELETE) and node.HasField("where_clause")
    if change is o.RowChange.INSERT:
        return o.ChangeRows(table=table, schema=schema, change=change, listed=_lists_its_rows(node))
    keys = keyed_by(node.where_clause) if bounded else ()
    return o.ChangeRows(table=table, schema=schema, change=change, bounded=bounded, keyed_by=keys)


def _lists_its_rows(insert: Any) -> bool:
    """Whether the rows stand in the statement: VALUES, DEFAULT VALUES, a query without FROM or over VALUES."""
    if not insert.HasField("select_stmt"):
        return True
    query = insert.select_stmt.select_stmt
    if query.values_lists:
        return True
    calls = {names(one.funcname)[-1] for target in query.target_list for one in nodes(target) if _is_call(one)}
    if calls & _MULTIPLY or query.HasField("larg"):
        return False
    return len(query.from_clause) <= 1 and all(_is_values(one) for one in query.from_clause)


def _is_call(node: Any) -> bool:
    return bool(node.DESCRIPTOR.name == "FuncCall")


def _is_values(source: Any) -> bool:
    if source.WhichOneof("node") != "range_subselect":
        return False
    return len(source.range_subselect.subquery.select_stmt.values_lists) > 0


def constant(node: Any) -> str | None:
    """The text of a constant, whatever it is cast to; None for anything else."""
    while node.WhichOneof("node") == "type_cast":
        node = node.type_cast.arg
    if node.WhichOneof("node") != "a_const" or node.a_const.isnull:
        return None
    kind = node.a_const.WhichOneof("val")
    value = getattr(node.a_const, kind)
    return str(getattr(value, kind))


def keyed_by(condition: Any) -> tuple[str, ...]:
    """The columns that the condition compares with constants by ``=`` or ``IN``, in every row that it leaves."""
    kind = condition.WhichOneof("node")
    if kind == "bool_expr" and kind_of(condition.bool_expr, "boolop") == "AND_EXPR":
        return tuple(name for one in condition.bool_expr.args for name in keyed_by(one))
    if kind != "a_expr" or kind_of(condition.a_expr, "kind") not in ("AEXPR_OP", "AEXPR_IN", "AEXPR_OP_ANY"):
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
    if kind == "a_array_expr":
        return all(_is_written(one) for one in value.a_array_expr.elements)
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
