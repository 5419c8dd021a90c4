"""ALTER TABLE of PostgreSQL → operations, one a sub-command."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from migrator.dialects.postgresql.text_acts import starts_over
from migrator.dialects.postgresql.text_bounds import bounds_of
from migrator.dialects.postgresql.text_constraints import constraint_of, constraints_of
from migrator.dialects.postgresql.text_nodes import (
    cascades,
    collation_of,
    column_spec,
    if_there,
    kind_of,
    names,
    table_of,
    type_of,
    unread,
    unread_about,
)
from migrator.model import operation as o

Read = tuple[o.Operation, ...]
_INSIDE = (o.ConstraintKind.NOT_NULL,)
_HARMLESS = (
    "AT_SetStatistics",
    "AT_SetOptions",
    "AT_ResetOptions",
    "AT_SetStorage",
    "AT_SetCompression",
    "AT_SetRelOptions",
    "AT_ResetRelOptions",
)
_OPTIONS = {
    "AT_SetRelOptions",
    "AT_ResetRelOptions",
    "AT_SetStatistics",
    "AT_AttachPartition",
    "AT_ClusterOn",
    "AT_DropCluster",
}
# Nobody notices them but through their lock, which is held for a moment.
_CATALOGUE = (
    "AT_ClusterOn",
    "AT_DropCluster",
    "AT_DropOids",
    "AT_AddOf",
    "AT_DropOf",
)


def altered(node: Any) -> Read:
    """All sub-commands of one ALTER."""
    schema, table = table_of(node.relation)
    kind = kind_of(node, "objtype")
    subtypes = {kind_of(one.alter_table_cmd, "subtype") for one in node.cmds}
    if kind == "OBJECT_VIEW" and subtypes == {"AT_SetRelOptions"} and _tightens(node):
        return (o.Revoke(what=f"view {table}, for some", ownership=True),)
    if kind in ("OBJECT_INDEX", "OBJECT_VIEW", "OBJECT_MATVIEW") and subtypes <= _OPTIONS.union(_HARMLESS):
        return (o.Harmless(what=f"options of {table}"),)
    if kind not in ("OBJECT_TABLE", "OBJECT_FOREIGN_TABLE") and subtypes == {"AT_ChangeOwner"}:
        return (o.Revoke(what=f"ownership of {table}", ownership=True, table=table, schema=schema),)
    if kind == "OBJECT_VIEW" and all(_sets_default(one.alter_table_cmd) for one in node.cmds):
        return (o.Harmless(what=f"a default for rows that are written through view {table}"),)
    if kind == "OBJECT_INDEX" and subtypes == {"AT_SetTableSpace"}:
        return _moved(node, table, schema)
    if kind == "OBJECT_TYPE":
        why = "ALTER TYPE is not among the statements that this check knows"
        return unread_about(why, o.ObjectKind.TYPE, (schema, table))
    if kind == "OBJECT_SEQUENCE" and subtypes <= {"AT_SetLogged", "AT_SetUnLogged"}:
        return (o.Harmless(what=f"how sequence {table} is kept"),)
    if kind not in ("OBJECT_TABLE", "OBJECT_FOREIGN_TABLE"):
        return unread(f"ALTER {kind.removeprefix('OBJECT_')} is not among the statements that this check knows")
    found: list[o.Operation] = []
    for one in node.cmds:
        found.extend(_command(one.alter_table_cmd, table, schema))
    return if_there(found, node.missing_ok)


def _moved(node: Any, index: str, schema: str | None) -> Read:
    """SET TABLESPACE of an index."""
    to = node.cmds[0].alter_table_cmd.name
    act = o.Act(kind=o.ActKind.SET_TABLESPACE, table=index, schema=schema, other=to)
    return if_there((act,), node.missing_ok)


def _tightens(view: Any) -> bool:
    """Whether a view's options ask for rights of its reader's own, or refuse rows that it doesn't show."""
    options = [one.def_elem.defname for cmd in view.cmds for one in getattr(cmd.alter_table_cmd, "def").list.items]
    return bool({"security_invoker", "check_option"}.intersection(options))


def _sets_default(node: Any) -> bool:
    return kind_of(node, "subtype") == "AT_ColumnDefault" and node.HasField("def")


def _command(node: Any, table: str, schema: str | None) -> Read:
    kind = kind_of(node, "subtype")
    if kind in _HARMLESS:
        return (o.Harmless(what=f"{kind.removeprefix('AT_')} of {table}"),)
    if kind == "AT_ChangeOwner":
        return (o.Revoke(what=f"ownership of {table}", table=table, schema=schema),)
    reader = _COMMANDS.get(kind)
    if reader is None:
        return unread(f"ALTER TABLE ... {kind.removeprefix('AT_')} is not among the changes that this check knows")
    return reader(node, table, schema)


def _add_column(node: Any, table: str, schema: str | None) -> Read:
    definition = getattr(node, "def").column_def
    spec = column_spec(definition)
    found: list[o.Operation] = [
        o.AddColumn(table=table, schema=schema, column=spec, unless_exists=node.missing_ok),
    ]
    found += [one for one in constraints_of(definition, table, schema) if one.kind not in _INSIDE]
    return tuple(found)


def _add_constraint(node: Any, table: str, schema: str | None) -> Read:
    made = constraint_of(getattr(node, "def").constraint, table, schema)
    if made is None:
        return unread("this constraint is not among those that this check knows")
    return (made,)


def _default(node: Any, table: str, schema: str | None) -> Read:
    is_set = node.HasField("def") and not _is_null(getattr(node, "def"))
    change = o.DefaultChange.SET if is_set else o.DefaultChange.DROPPED
    return (o.AlterColumn(table=table, schema=schema, column=node.name, default=change),)


def _is_null(expression: Any) -> bool:
    """Whether it is NULL, or NULL::type: a default that is none."""
    if expression.WhichOneof("node") == "type_cast":
        return _is_null(expression.type_cast.arg)
    return expression.WhichOneof("node") == "a_const" and bool(expression.a_const.isnull)


def _type(node: Any, table: str, schema: str | None) -> Read:
    definition = getattr(node, "def").column_def
    text = type_of(definition.type_name)
    if definition.HasField("raw_default") and not _is_itself(definition.raw_default, node.name, text):
        text += " USING ..."
    changed = o.AlterColumn(table=table, schema=schema, column=node.name, type=text)
    return (replace(changed, collates=definition.HasField("coll_clause"), collation=collation_of(definition)),)


def _is_itself(expression: Any, column: str, type_: str) -> bool:
    """Whether USING says what the server does without it: the column, or the column cast to the new type."""
    if expression.WhichOneof("node") == "type_cast":
        cast = expression.type_cast
        return type_of(cast.type_name) == type_ and _is_itself(cast.arg, column, type_)
    return expression.WhichOneof("node") == "column_ref" and names(expression.column_ref.fields) == [column]


def _nullable(value: bool) -> Callable[[Any, str, str | None], Read]:
    return lambda node, table, schema: (o.AlterColumn(table=table, schema=schema, column=node.name, nullable=value),)


def _no_default(node: Any, table: str, schema: str | None) -> Read:
    return (o.AlterColumn(table=table, schema=schema, column=node.name, default=o.DefaultChange.DROPPED),)


def _no_expression(node: Any, table: str, schema: str | None) -> Read:
    change = o.DefaultChange.NO_EXPRESSION
    return (o.AlterColumn(table=table, schema=schema, column=node.name, default=change),)


def _act(kind: o.ActKind) -> Callable[[Any, str, str | None], Read]:
    return lambda node, table, schema: (o.Act(kind=kind, table=table, schema=schema, other=node.name),)


def _becomes(kind: str) -> Callable[[Any, str, str | None], Read]:
    return lambda node, table, schema: (o.Act(kind=o.ActKind.SET_LOGGED, table=table, schema=schema, other=kind),)


def _row_security(said: str) -> Callable[[Any, str, str | None], Read]:
    return lambda node, table, schema: (o.Act(kind=o.ActKind.ROW_SECURITY, table=table, schema=schema, other=said),)


def _partition(kind: o.ActKind) -> Callable[[Any, str, str | None], Read]:
    def read(node: Any, table: str, schema: str | None) -> Read:
        command = getattr(node, "def").partition_cmd
        held, name = table_of(command.name)
        default = command.HasField("bound") and command.bound.is_default
        return (
            o.Act(
                kind=kind,
                table=table,
                schema=schema,
                other=name,
                other_schema=held,
                concurrently=command.concurrent,
                default=default,
                bounds=bounds_of(command.bound) if command.HasField("bound") else None,
            ),
        )

    return read


def _add_identity(node: Any, table: str, schema: str | None) -> Read:
    always = getattr(node, "def").constraint.generated_when == "a"
    act = o.Act(kind=o.ActKind.ADD_IDENTITY, table=table, schema=schema, other=node.name, always=always)
    return (act,)


def _alter_constraint(node: Any, table: str, schema: str | None) -> Read:
    changed = getattr(node, "def").atalter_constraint
    enforced = changed.alter_enforceability and changed.is_enforced
    kind = o.ActKind.ENFORCE if enforced else o.ActKind.ALTER_CATALOGUE
    return (o.Act(kind=kind, table=table, schema=schema, other=changed.conname),)


def _set_identity(node: Any, table: str, schema: str | None) -> Read:
    options = [one.def_elem for one in getattr(node, "def").list.items]
    always = any(one.defname == "generated" and one.arg.integer.ival == ord("a") for one in options)
    over = any(starts_over(one) for one in options)
    kinds = [o.ActKind.ADD_IDENTITY] * always + [o.ActKind.RESTART_SEQUENCE] * over or [o.ActKind.ALTER_CATALOGUE]
    return tuple(o.Act(kind=kind, table=table, schema=schema, other=node.name, always=always) for kind in kinds)


def _identified(node: Any, table: str, schema: str | None) -> Read:
    """REPLICA IDENTITY, by its letter: default, full, nothing or an index, with its name."""
    identity = getattr(node, "def").replica_identity_stmt
    how = f"{identity.identity_type}:{identity.name}" if identity.name else identity.identity_type
    return (o.Act(kind=o.ActKind.REPLICA_IDENTITY, table=table, schema=schema, other=how),)


def _joins(node: Any, table: str, schema: str | None) -> Read:
    """INHERIT: the parent is the second name; nobody searches the rows."""
    held, parent = table_of(getattr(node, "def").range_var)
    return (o.Act(kind=o.ActKind.ALTER_CATALOGUE, table=table, schema=schema, other=parent, other_schema=held),)


def _leaves(node: Any, table: str, schema: str | None) -> Read:
    """NO INHERIT: the table's rows are no longer among those of its parent."""
    held, parent = table_of(getattr(node, "def").range_var)
    left = o.Act(kind=o.ActKind.LEAVE_PARENT, table=parent, schema=held, other=table, other_schema=schema)
    return (o.Act(kind=o.ActKind.ALTER_CATALOGUE, table=table, schema=schema), left)


_TOGGLES = ("Enable", "Disable", "EnableAlways", "EnableReplica")
_COMMANDS: dict[str, Callable[[Any, str, str | None], Read]] = {
    "AT_AddColumn": _add_column,
    "AT_DropColumn": lambda node, table, schema: (
        o.DropColumn(table=table, schema=schema, column=node.name, if_exists=node.missing_ok, cascade=cascades(node)),
    ),
    "AT_AlterColumnType": _type,
    "AT_SetNotNull": _nullable(False),
    "AT_DropNotNull": _nullable(True),
    "AT_ColumnDefault": _default,
    "AT_DropIdentity": _no_default,
    "AT_DropExpression": _no_expression,
    "AT_AddConstraint": _add_constraint,
    "AT_DropConstraint": lambda node, table, schema: (
        o.DropConstraint(
            table=table,
            schema=schema,
            name=node.name,
            if_exists=node.missing_ok,
            cascade=cascades(node),
        ),
    ),
    "AT_ValidateConstraint": _act(o.ActKind.VALIDATE),
    "AT_SetLogged": _becomes("logged"),
    "AT_SetUnLogged": _becomes("unlogged"),
    "AT_SetTableSpace": _act(o.ActKind.SET_TABLESPACE),
    "AT_SetAccessMethod": _act(o.ActKind.SET_ACCESS_METHOD),
    "AT_EnableRowSecurity": _row_security("others on"),
    "AT_DisableRowSecurity": _row_security("others off"),
    "AT_ForceRowSecurity": _row_security("owner on"),
    "AT_NoForceRowSecurity": _row_security("owner off"),
    "AT_AttachPartition": _partition(o.ActKind.ATTACH_PARTITION),
    "AT_DetachPartition": _partition(o.ActKind.DETACH_PARTITION),
    "AT_DetachPartitionFinalize": _partition(o.ActKind.DETACH_PARTITION),
    "AT_AddIdentity": _add_identity,
    "AT_AddInherit": _joins,
    "AT_DropInherit": _leaves,
    "AT_ReplicaIdentity": _identified,
    "AT_AlterConstraint": _alter_constraint,
    "AT_SetIdentity": _set_identity,
    "AT_EnableRule": _act(o.ActKind.CREATE_RULE),
    "AT_EnableAlwaysRule": _act(o.ActKind.CREATE_RULE),
    "AT_EnableReplicaRule": _act(o.ActKind.TOGGLE_TRIGGER),
    "AT_DisableRule": _act(o.ActKind.TOGGLE_TRIGGER),
    **{kind: _act(o.ActKind.ALTER_CATALOGUE) for kind in _CATALOGUE},
    **{f"AT_{verb}Trig{which}": _act(o.ActKind.TOGGLE_TRIGGER) for verb in _TOGGLES for which in ("", "All", "User")},
}
