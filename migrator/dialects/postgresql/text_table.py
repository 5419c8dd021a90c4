"""CREATE TABLE and CREATE INDEX of PostgreSQL → operations."""

from __future__ import annotations

from typing import Any

from migrator.dialects.postgresql.text_bounds import bounds_of, keys_of
from migrator.dialects.postgresql.text_constraints import constraint_of, constraints_of
from migrator.dialects.postgresql.text_nodes import (
    calls_of,
    column_spec,
    columns_named,
    kind_of,
    table_of,
    type_of,
    types_named,
)
from migrator.model import operation as o

_LIKE_INDEXES = 1 << 6
_PLAIN = (o.ConstraintKind.NOT_NULL,)  # the column's own definition says it
Read = tuple[o.Operation, ...]


def new_table(relation: Any, *, unless_exists: bool = False) -> o.Operation:
    """The table that CREATE TABLE ... AS and SELECT ... INTO make."""
    schema, table = table_of(relation)
    if relation.relpersistence == "t":
        return o.CreateTemporary(what="a temporary table", table=table, schema=schema)
    return o.CreateTable(table=table, schema=schema, unless_exists=unless_exists)


def created(node: Any) -> Read:
    """CREATE TABLE, with what its definition holds; PARTITION OF as an act on the parent."""
    schema, table = table_of(node.relation)
    if node.relation.relpersistence == "t":
        return (new_table(node.relation),)
    columns, constraints, like = _elements(node, table, schema)
    parents = [table_of(one.range_var) for one in node.inh_relations]
    made = o.CreateTable(
        table=table,
        schema=schema,
        columns=columns,
        unless_exists=node.if_not_exists,
        constraints=constraints,
        partitioned=node.HasField("partspec"),
        parent=parents[0] if node.HasField("partbound") and parents else None,
        default=node.HasField("partbound") and node.partbound.is_default,
        bounds=bounds_of(node.partbound) if node.HasField("partbound") else None,
        keys=keys_of(node.partspec) if node.HasField("partspec") else (),
        options="kept-unlogged" if node.relation.relpersistence == "u" else "",
        like=like,
        like_indexes=_takes_indexes(node),
    )
    return (made,)


def _elements(
    node: Any, table: str, schema: str | None
) -> tuple[tuple[o.ColumnSpec, ...], tuple[o.AddConstraint, ...], tuple[str | None, str] | None]:
    columns: list[o.ColumnSpec] = []
    constraints: list[o.AddConstraint] = []
    like = None
    for element in node.table_elts:
        kind = element.WhichOneof("node")
        if kind == "column_def":
            columns.append(column_spec(element.column_def))
            inside = constraints_of(element.column_def, table, schema)
            constraints += [one for one in inside if one.name or one.kind not in _PLAIN]
        elif kind == "constraint":
            made = constraint_of(element.constraint, table, schema)
            constraints += [made] if made is not None else []
        elif kind == "table_like_clause":
            like = table_of(element.table_like_clause.relation)
    return tuple(columns), tuple(constraints), like


def _takes_indexes(node: Any) -> bool:
    """LIKE ... INCLUDING INDEXES, or ALL (CREATE_TABLE_LIKE_INDEXES of parsenodes.h)."""
    clauses = [one.table_like_clause for one in node.table_elts if one.WhichOneof("node") == "table_like_clause"]
    return any(one.options & _LIKE_INDEXES for one in clauses)


def index(node: Any) -> Read:
    """CREATE INDEX."""
    schema, table = table_of(node.relation)
    elements = [one.index_elem for one in node.index_params]
    guards = [name for one in elements if one.HasField("expr") for name in columns_named(one.expr)]
    if node.HasField("where_clause"):
        guards += columns_named(node.where_clause)
    return (
        o.CreateIndex(
            table=table,
            schema=schema,
            name=node.idxname,
            columns=tuple(one.name for one in elements),
            unique=node.unique,
            concurrently=node.concurrent,
            unless_exists=node.if_not_exists,
            guards=tuple(dict.fromkeys(guards)),
            only=not node.relation.inh,
            method=node.access_method.lower(),
            included=tuple(one.index_elem.name for one in node.index_including_params),
        ),
    )


def domain(node: Any) -> Read:
    """CREATE DOMAIN; a constraint makes every new column of it a rewrite."""
    parts = [one.string.sval for one in node.domainname]
    kinds = {kind_of(one.constraint, "contype") for one in node.constraints}
    return (
        o.CreateObject(
            kind=o.ObjectKind.TYPE,
            name=parts[-1],
            schema=parts[-2] if len(parts) > 1 else None,
            base=type_of(node.type_name).lower(),
            default=" ".join(f"{one}()" for one in calls_of(node)),
            uses=types_named(node),
            constrained=bool(kinds & {"CONSTR_CHECK", "CONSTR_NOTNULL"}),
        ),
    )
