"""GRANT, REVOKE, OWNER TO and publications of PostgreSQL: who may see and do what."""

from __future__ import annotations

from typing import Any

from migrator.dialects.postgresql.text_nodes import columns_named, dotted, kind_of, names, names_of_object, table_of
from migrator.model import operation as o

Read = tuple[o.Operation, ...]


def granted(node: Any) -> Read:
    """GRANT and REVOKE; GRANT OPTION FOR and ADMIN OPTION FOR take no right that code uses."""
    if node.is_grant or getattr(node, "grant_option", False) or len(getattr(node, "opt", ())):
        return (o.Harmless(what="a grant"),)
    return tuple(_revoked(node, one) for one in getattr(node, "objects", ())) or (o.Revoke(what="a role"),)


_KINDS = {
    "OBJECT_FUNCTION": o.ObjectKind.ROUTINE,
    "OBJECT_PROCEDURE": o.ObjectKind.ROUTINE,
    "OBJECT_ROUTINE": o.ObjectKind.ROUTINE,
    "OBJECT_SCHEMA": o.ObjectKind.SCHEMA,
    "OBJECT_TYPE": o.ObjectKind.TYPE,
    "OBJECT_DOMAIN": o.ObjectKind.TYPE,
}


def _revoked(node: Any, element: Any) -> o.Revoke:
    if element.WhichOneof("node") == "range_var":
        schema, table = table_of(element.range_var)
        return o.Revoke(what=f"table {table}", table=table, schema=schema)
    parts = names_of_object(element)
    every = kind_of(node, "targtype") == "ACL_TARGET_ALL_IN_SCHEMA"
    kind = o.ObjectKind.SCHEMA if every else _KINDS.get(kind_of(node, "objtype"))
    schema, name = dotted(parts)
    return o.Revoke(what=".".join(parts), kind=kind, table=name, schema=schema)


def owned(node: Any) -> Read:
    """ALTER ... OWNER TO of anything but a table."""
    kind = kind_of(node, "object_type")
    if kind == "OBJECT_EVENT_TRIGGER" or kind == "OBJECT_STATISTIC_EXT":
        return (o.Harmless(what="the owner of what no query names"),)
    schema, name = dotted(names_of_object(node.object)) if kind in _KINDS else (None, "")
    what = f"ownership of a {kind.removeprefix('OBJECT_').lower()}"
    return (o.Revoke(what=what, ownership=True, kind=_KINDS.get(kind), table=name, schema=schema),)


_REMOVES = ("AP_DropObjects",)


def published(node: Any) -> Read:
    """CREATE and ALTER PUBLICATION: updates and deletes need something that identifies a row."""
    options = {one.def_elem.defname: one.def_elem.arg for one in node.options}
    verbs = options["publish"].string.sval if "publish" in options else "update, delete"
    parts = [one.publication_obj_spec for one in node.pubobjects]
    tables = tuple(table_of(one.pubtable.relation) for one in parts if one.HasField("pubtable"))
    schemas = tuple(one.name for one in parts if one.name and not one.HasField("pubtable"))
    every = node.for_all_tables or len(tables) + len(schemas) < len(parts)
    removes = hasattr(node, "action") and kind_of(node, "action") in _REMOVES
    if removes or not (tables or schemas or every) or not ("update" in verbs or "delete" in verbs):
        return (o.Harmless(what="a publication"),)
    if every:
        return (o.Publish(),)
    named = [one.pubtable for one in parts if one.HasField("pubtable")]
    columns = tuple(tuple(names(one.columns)) for one in named)
    filters = tuple(tuple(columns_named(one.where_clause)) if one.HasField("where_clause") else () for one in named)
    return (o.Publish(tables=tables, schemas=schemas, columns=columns, filters=filters),)
