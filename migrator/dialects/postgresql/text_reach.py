"""What a statement of PostgreSQL reaches beyond its database: roles, and what belongs to the whole server."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module

from migrator.dialects.postgresql.text_nodes import nodes

_SERVERS_OWN = {
    "createdb_stmt": "databases",
    "dropdb_stmt": "databases",
    "alter_database_stmt": "databases",
    "alter_database_set_stmt": "databases",
    "create_role_stmt": "roles",
    "alter_role_stmt": "roles",
    "alter_role_set_stmt": "roles",
    "drop_role_stmt": "roles",
    "grant_role_stmt": "roles",
    "drop_owned_stmt": "roles",
    "reassign_owned_stmt": "roles",
    "create_table_space_stmt": "tablespaces",
    "drop_table_space_stmt": "tablespaces",
    "alter_system_stmt": "settings",
}
_NAMED_ROLE = 1  # ROLESPEC_CSTRING of parsenodes.h; the others are CURRENT_USER, PUBLIC and the like


@dataclass(frozen=True, kw_only=True)
class Reach:
    """``server`` says what of the server's own the text changes, empty for nothing; ``roles`` are named in it."""

    server: str = ""
    roles: tuple[str, ...] = ()


def reach(sql: str) -> Reach:
    """The reach of a text; nothing for one that can't be read, or without the package postgast."""
    try:
        # By name: its type stubs are not valid Python.
        postgast = import_module("postgast")
    except ImportError:
        return Reach()
    try:
        tree = postgast.parse(sql)
    except (postgast.PgQueryError, ValueError, RecursionError, import_module("google.protobuf.message").Error):
        return Reach()
    kinds = [one.stmt.WhichOneof("node") for one in tree.stmts]
    server = next((f"the {_SERVERS_OWN[kind]} of the server" for kind in kinds if kind in _SERVERS_OWN), "")
    files = (one.stmt.copy_stmt for one in tree.stmts if one.stmt.WhichOneof("node") == "copy_stmt")
    if any(one.filename for one in files):
        server = "files or programs of the server's machine"
    found = [one for one in nodes(tree) if one.DESCRIPTOR.name == "RoleSpec" and one.roletype == _NAMED_ROLE]
    return Reach(server=server, roles=tuple(dict.fromkeys(str(one.rolename) for one in found)))
