"""Statements of PostgreSQL that are known by their kind alone."""

from __future__ import annotations

from typing import Any

from migrator.dialects.postgresql.text_nodes import dotted, kind_of, names, table_of, unread_about
from migrator.model import operation as o
from migrator.model.policy import Policy

Read = tuple[o.Operation, ...]


def reindexed(node: Any) -> Read:
    """REINDEX of an index, a table, or all of a schema or a database."""
    kind = kind_of(node, "kind").removeprefix("REINDEX_OBJECT_")
    schema, name = table_of(node.relation) if node.HasField("relation") else (None, "")
    concurrently = any(one.def_elem.defname.lower() == "concurrently" for one in node.params)
    is_table = kind == "TABLE"
    return (
        o.Act(
            kind=o.ActKind.REINDEX,
            table=name if is_table else "",
            schema=schema,
            other=kind.lower() if not name else name if not is_table else "",
            concurrently=concurrently,
        ),
    )


def clustered(node: Any) -> Read:
    """CLUSTER."""
    schema, table = table_of(node.relation) if node.HasField("relation") else (None, "")
    return (o.Act(kind=o.ActKind.CLUSTER, table=table, schema=schema),)


def refreshed(node: Any) -> Read:
    """REFRESH MATERIALIZED VIEW; with no data it holds none afterwards."""
    schema, view = table_of(node.relation)
    return (
        o.Act(
            kind=o.ActKind.REFRESH,
            table=view,
            schema=schema,
            concurrently=node.concurrent,
            other="no data" if node.skip_data else "",
        ),
    )


def vacuumed(node: Any) -> Read:
    """VACUUM and ANALYZE; FULL rewrites."""
    options = [one.def_elem for one in node.options if one.def_elem.defname.lower() == "full"]
    if not options or any(_is_off(one) for one in options):
        return (o.Harmless(what="VACUUM" if node.is_vacuumcmd else "ANALYZE", alone=node.is_vacuumcmd),)
    tables = [table_of(one.vacuum_relation.relation) for one in node.rels] or [(None, "")]
    return tuple(o.Act(kind=o.ActKind.VACUUM_FULL, table=table, schema=schema) for schema, table in tables)


def _is_off(option: Any) -> bool:
    """Whether a parenthesised option says no: false, off or 0."""
    kind = option.arg.WhichOneof("node")
    if kind == "string":
        return str(option.arg.string.sval).lower() in ("false", "off")
    return (kind == "boolean" and not option.arg.boolean.boolval) or (kind == "integer" and not option.arg.integer.ival)


_ROUTINE_HINTS = {"cost", "rows", "volatility", "parallel", "leakproof", "support"}


def routine_altered(node: Any) -> Read:
    """ALTER FUNCTION: what it tells the planner changes no result; STRICT, SECURITY and SET may."""
    changed = {one.def_elem.defname.lower() for one in node.actions}
    if changed <= _ROUTINE_HINTS:
        return (o.Harmless(what="what the planner knows of a routine"),)
    why = "ALTER FUNCTION may change what the function returns, or to whom"
    return unread_about(why, o.ObjectKind.ROUTINE, dotted(names(node.func.objname)))


def rule(node: Any) -> Read:
    """CREATE RULE."""
    schema, table = table_of(node.relation)
    return (o.Act(kind=o.ActKind.CREATE_RULE, table=table, schema=schema, other=node.rulename),)


def policy(node: Any) -> Read:
    """CREATE POLICY and ALTER POLICY: of effect where row security is on."""
    schema, table = table_of(node.table)
    creates = hasattr(node, "cmd_name")
    kinds = [kind_of(one.role_spec, "roletype") for one in node.roles]
    said = Policy(
        command=node.cmd_name if creates else None,
        permissive=node.permissive if creates else None,
        everyone="ROLESPEC_PUBLIC" in kinds if kinds else None,
        sees=_is_true(node.qual) if node.HasField("qual") else None,
        takes=_is_true(node.with_check) if node.HasField("with_check") else None,
    )
    act = o.Act(kind=o.ActKind.CREATE_POLICY, table=table, schema=schema, other=node.policy_name, policy=said)
    return (act,)


def _is_true(expression: Any) -> bool:
    """Whether it is the constant, which lets every row pass."""
    return expression.WhichOneof("node") == "a_const" and bool(expression.a_const.boolval.boolval)


def domain_altered(node: Any) -> Read:
    """ALTER DOMAIN by its sub-command's letter (AlterDomainStmt in parsenodes.h)."""
    schema, name = dotted(names(node.type_name))
    act = o.Act(kind=o.ActKind.ALTER_DOMAIN, table=name, schema=schema)
    if node.subtype in ("C", "O", "V"):
        constraint = getattr(node, "def").constraint if node.subtype == "C" else None
        not_valid = constraint is not None and constraint.skip_validation
        what = {"C": "a constraint", "O": "NOT NULL", "V": "the validation of a constraint"}[node.subtype]
        return (o.Act(kind=act.kind, table=name, schema=schema, other=what, not_valid=not_valid),)
    if node.subtype in ("N", "X"):
        return (o.Harmless(what=f"a constraint of domain {name} goes"),)
    if node.HasField("def"):
        return (o.Harmless(what=f"the default of domain {name} for columns that have none of their own"),)
    why = "ALTER DOMAIN ... DROP DEFAULT leaves columns that running code leaves out without a value"
    return unread_about(why, o.ObjectKind.TYPE, (schema, name))


def starts_over(option: Any) -> bool:
    """RESTART without a number, or with the first: it begins with the one that it began with when it was made."""
    return option.defname.lower() == "restart" and (not option.HasField("arg") or option.arg.integer.ival == 1)


def sequence_altered(node: Any) -> Read:
    """ALTER SEQUENCE: its own numbers, no table's lock; a bare RESTART gives numbers that rows have already."""
    if any(starts_over(one.def_elem) for one in node.options):
        schema, name = table_of(node.sequence)
        return (o.Act(kind=o.ActKind.RESTART_SEQUENCE, table=name, schema=schema, only_if_there=node.missing_ok),)
    return (o.Harmless(what=f"sequence {node.sequence.relname}"),)
