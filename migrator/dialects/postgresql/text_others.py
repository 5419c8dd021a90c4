"""Statements of PostgreSQL about what holds no rows: roles, event triggers, casts, text search, the session itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from migrator.dialects.postgresql.text_nodes import dotted, kind_of, names, unread, unread_about
from migrator.model import operation as o

Read = tuple[o.Operation, ...]
_RIGHTS = ("bypassrls", "canlogin", "createdb", "createrole", "inherit", "isreplication", "superuser")
_ADDS = 1  # what ALTER GROUP ... ADD and any ALTER ROLE say; DROP USER is -1
_UNKNOWN = "{verb} is not among the statements that this check knows"


def _harmless(what: str) -> Callable[[Any], Read]:
    return lambda node: (o.Harmless(what=what),)


_new = _harmless("something new that nothing names yet")


def _event_trigger(node: Any) -> Read:
    if node.eventname == "login":
        return unread("a trigger on login may keep everybody out")
    return (o.Harmless(what="a trigger on changes of the schema"),)


def _event_trigger_switched(node: Any) -> Read:
    if node.tgenabled == "D":
        return (o.Harmless(what="a trigger on changes of the schema"),)
    return unread("an event trigger that is switched on may be one on login, which may keep everybody out")


def _role(node: Any) -> Read:
    """ALTER ROLE and ALTER GROUP: harmless where it gives rights and takes none."""
    added = node.action == _ADDS if hasattr(node, "action") else False
    if added and all(_gives(one.def_elem) for one in getattr(node, "options", ())):
        return (o.Harmless(what="rights that a role gets"),)
    return unread_about(_UNKNOWN.format(verb="ALTER ROLE"), o.ObjectKind.ROLE, (None, node.role.rolename))


def _gives(option: Any) -> bool:
    return option.defname == "rolemembers" or (option.defname in _RIGHTS and option.arg.boolean.boolval)


def _discarded(node: Any) -> Read:
    """DISCARD ALL gives the session's locks back too, and forgets its settings."""
    if kind_of(node, "target") == "DISCARD_ALL":
        return unread("DISCARD ALL takes back the session's settings, which the statements after it go by")
    return (o.Harmless(what="what the session keeps for itself"),)


def _cast(node: Any) -> Read:
    """One that a query must ask for changes no query that doesn't."""
    if kind_of(node, "context") == "COERCION_EXPLICIT":
        return _new(node)
    return unread("a cast that the server makes by itself may change what running queries mean")


def _defined(node: Any) -> Read:
    """CREATE AGGREGATE, COLLATION, OPERATOR, TYPE and TEXT SEARCH."""
    if node.replace:
        return unread("it replaces what may be in use")
    if kind_of(node, "kind") == "OBJECT_TSCONFIGURATION":
        schema, name = dotted(names(node.defnames))
        return (o.CreateObject(kind=o.ObjectKind.TEXT_SEARCH, name=name, schema=schema),)
    return (o.Harmless(what="a new aggregate, collation or operator"),)


def _text_search(node: Any) -> Read:
    why = "another configuration of text search may change what running queries find"
    return unread_about(why, o.ObjectKind.TEXT_SEARCH, dotted(names(node.cfgname)))


READERS: dict[str, Callable[[Any], Read]] = {
    "alter_collation_stmt": _harmless("the version of a collation"),
    "alter_database_refresh_coll_stmt": _harmless("the version of a collation"),
    "alter_default_privileges_stmt": _harmless("privileges of what is made later"),
    "alter_event_trig_stmt": _event_trigger_switched,
    "alter_extension_contents_stmt": _harmless("what goes when an extension goes"),
    "alter_object_depends_stmt": _harmless("what goes when an extension goes"),
    "alter_role_set_stmt": _role,
    "alter_role_stmt": _role,
    "alter_stats_stmt": _harmless("extended statistics"),
    "alter_tsconfiguration_stmt": _text_search,
    "check_point_stmt": _harmless("a checkpoint"),
    "create_am_stmt": _new,
    "create_cast_stmt": _cast,
    "create_conversion_stmt": _new,
    "create_event_trig_stmt": _event_trigger,
    "create_fdw_stmt": _new,
    "create_foreign_server_stmt": _new,
    "create_op_class_stmt": _new,
    "create_op_family_stmt": _new,
    "create_role_stmt": lambda node: (o.CreateObject(kind=o.ObjectKind.ROLE, name=node.role),),
    "create_table_space_stmt": _new,
    "createdb_stmt": _new,
    "create_stats_stmt": _harmless("extended statistics"),
    "create_user_mapping_stmt": _new,
    "define_stmt": _defined,
    "discard_stmt": _discarded,
}
