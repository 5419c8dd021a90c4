"""GRANT, REVOKE, OWNER TO and publications of PostgreSQL: who may see and do what."""

from __future__ import annotations

from typing import Any

from migrator.dialects.postgresql.text_nodes import kind_of, names_of_object, table_of
from migrator.model import operation as o

Read = tuple[o.Operation, ...]


def granted(node: Any) -> Read:
    """GRANT and REVOKE; GRANT OPTION FOR takes no right that code uses."""
    if node.is_grant or getattr(node, "grant_option", False):
        return (o.Harmless(what="a grant"),)
    return tuple(_revoked(one) for one in getattr(node, "objects", ())) or (o.Revoke(what="a role"),)


def _revoked(element: Any) -> o.Revoke:
    if element.WhichOneof("node") == "range_var":
        schema, table = table_of(element.range_var)
        return o.Revoke(what=f"table {table}", table=table, schema=schema)
    return o.Revoke(what=".".join(names_of_object(element)))


def owned(node: Any) -> Read:
    """ALTER ... OWNER TO of anything but a table."""
    kind = kind_of(node, "object_type").removeprefix("OBJECT_").lower()
    return (o.Revoke(what=f"ownership of a {kind}", ownership=True),)


_REMOVES = ("AP_DropObjects",)


def published(node: Any) -> Read:
    """CREATE and ALTER PUBLICATION: updates and deletes need something that identifies a row."""
    options = {one.def_elem.defname: one.def_elem.arg for one in node.options}
    verbs = options["publish"].string.sval if "publish" in options else "update, delete"
    parts = [one.publication_obj_spec for one in node.pubobjects]
    tables = tuple(table_of(one.pubtable.relation) for one in parts if one.HasField("pubtable"))
    every = node.for_all_tables or len(tables) < len(parts)
    removes = hasattr(node, "action") and kind_of(node, "action") in _REMOVES
    if removes or not (tables or every) or not ("update" in verbs or "delete" in verbs):
        return (o.Harmless(what="a publication"),)
    return (o.Publish(tables=() if every else tables),)
