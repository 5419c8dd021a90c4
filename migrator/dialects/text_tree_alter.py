"""ALTER TABLE in sqlglot's tree → operations, one an action."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from migrator.dialects.text_tree import column_names, column_spec, constraint_kinds, is_odd, table_name, unread
from migrator.model import operation as o

Read = tuple[o.Operation, ...]
Action = Callable[[Any, str, "str | None"], Read]
_OPTIONS = ("AlgorithmProperty", "LockProperty", "SchemaCommentProperty", "AutoIncrementProperty")
_IN_COLUMN = {
    "UniqueColumnConstraint": o.ConstraintKind.UNIQUE,
    "CheckColumnConstraint": o.ConstraintKind.CHECK,
    "Reference": o.ConstraintKind.FOREIGN_KEY,
    "PrimaryKeyColumnConstraint": o.ConstraintKind.PRIMARY_KEY,
}
_DROPPED = {
    "FOREIGN KEY": o.ConstraintKind.FOREIGN_KEY,
    "CHECK": o.ConstraintKind.CHECK,
    "CONSTRAINT": o.ConstraintKind.UNKNOWN,
}


def altered(tree: Any) -> Read:
    """All actions of one ALTER."""
    kind = str(tree.args.get("kind") or "TABLE").upper()
    if kind != "TABLE":
        return unread(f"ALTER {kind} is not among the statements that this check knows")
    schema, table = table_name(tree.this)
    actions, options = tree.args.get("actions") or (), tree.args.get("options") or ()
    found: list[o.Operation] = []
    for one in actions:
        action = _ACTIONS.get(type(one).__name__)
        found.extend(action(one, table, schema) if action else _unknown(one))
    for one in options:
        known = type(one).__name__ in _OPTIONS
        found.extend((o.Harmless(what=f"an option of {table}"),) if known else _unknown(one))
    return tuple(found) or unread("this ALTER TABLE is not known here")


def _unknown(node: Any) -> Read:
    return unread(f"ALTER TABLE with {type(node).__name__} is not among the changes that this check knows")


def _add_column(node: Any, table: str, schema: str | None) -> Read:
    if is_odd(node):
        return _unknown(node)
    spec = column_spec(node)
    found: list[o.Operation] = [
        o.AddColumn(table=table, schema=schema, column=spec, unless_exists=bool(node.args.get("exists")))
    ]
    for kind in sorted(constraint_kinds(node) & set(_IN_COLUMN)):
        found.append(o.AddConstraint(table=table, schema=schema, kind=_IN_COLUMN[kind], columns=(spec.name,)))
    return tuple(found)


def _modify(node: Any, table: str, schema: str | None) -> Read:
    if is_odd(node.this):
        return _unknown(node)
    spec = column_spec(node.this)
    before = node.args.get("rename_from")
    filled = o.DefaultChange.SET if spec.fills_itself else o.DefaultChange.LOST
    kinds = sorted(constraint_kinds(node.this) & set(_IN_COLUMN))
    return (
        *(o.AddConstraint(table=table, schema=schema, kind=_IN_COLUMN[one], columns=(spec.name,)) for one in kinds),
        o.AlterColumn(
            table=table,
            schema=schema,
            column=before.name if before is not None else spec.name,
            new_name=spec.name if before is not None and before.name != spec.name else None,
            type=spec.type,
            nullable=spec.nullable,
            default=filled,
            restated=True,
        ),
    )


def _constraints(node: Any, table: str, schema: str | None) -> Read:
    return tuple(one for part in node.expressions for one in _constraint(part, table, schema))


def constraints_in(node: Any, table: str, schema: str | None) -> Read:
    """What a definition inside CREATE TABLE says beside the column itself; empty for what this check doesn't keep."""
    if type(node).__name__ != "ColumnDef":
        return tuple(one for one in _constraint(node, table, schema) if not isinstance(one, o.Unread))
    return tuple(
        o.AddConstraint(table=table, schema=schema, kind=_IN_COLUMN[kind], columns=(node.name,))
        for kind in sorted(constraint_kinds(node) & set(_IN_COLUMN))
    )


def _constraint(node: Any, table: str, schema: str | None, name: str = "") -> Read:
    kind = type(node).__name__
    if kind == "Constraint":
        return tuple(one for inner in node.expressions for one in _constraint(inner, table, schema, node.name))
    if kind == "IndexColumnConstraint":
        kind = str(node.args.get("kind") or "").upper()
        columns = column_names(node.expressions)
        return (o.CreateIndex(table=table, schema=schema, name=node.name, columns=columns, kind=kind),)
    if kind == "UniqueColumnConstraint":
        inside = node.this
        columns = column_names(inside.expressions if inside is not None else ())
        named = name or (inside.name if inside is not None and inside.this is not None else "")
        return (_added(o.ConstraintKind.UNIQUE, table, schema, named, columns),)
    if kind == "CheckColumnConstraint":
        named = tuple(dict.fromkeys(one.name for one in node.walk() if type(one).__name__ == "Column"))
        return (_added(o.ConstraintKind.CHECK, table, schema, name, named),)
    if kind == "PrimaryKey":
        return (_added(o.ConstraintKind.PRIMARY_KEY, table, schema, name, column_names(node.expressions)),)
    if kind == "ForeignKey":
        held, parent = table_name(node.args.get("reference"))
        added = _added(o.ConstraintKind.FOREIGN_KEY, table, schema, name, column_names(node.expressions))
        return (replace(added, references=parent, references_schema=held),)
    return _unknown(node)


def _added(
    kind: o.ConstraintKind, table: str, schema: str | None, name: str, columns: tuple[str, ...]
) -> o.AddConstraint:
    return o.AddConstraint(table=table, schema=schema, kind=kind, name=name, columns=columns)


def _drop(node: Any, table: str, schema: str | None) -> Read:
    kind = str(node.args.get("kind") or "COLUMN").upper()
    found: list[o.Operation] = []
    for one in node.args.get("tables") or [node.this]:
        name = table_name(one)[1]
        if kind == "COLUMN":
            missing_ok = bool(node.args.get("exists"))
            found.append(o.DropColumn(table=table, schema=schema, column=name, if_exists=missing_ok))
        elif kind == "INDEX":
            found.append(o.DropIndex(name=name, table=table, schema=schema))
        elif kind in _DROPPED:
            found.append(o.DropConstraint(table=table, schema=schema, name=name, kind=_DROPPED[kind]))
        else:
            found.extend(unread(f"ALTER TABLE ... DROP {kind} is not known here"))
    return tuple(found)


def _alter_column(node: Any, table: str, schema: str | None) -> Read:
    if node.args.get("default") is not None:
        change = o.DefaultChange.SET
    elif node.args.get("drop") and not node.args.get("allow_null"):
        change = o.DefaultChange.DROPPED
    else:
        return _unknown(node)
    return (o.AlterColumn(table=table, schema=schema, column=node.name, default=change),)


def _rename_column(node: Any, table: str, schema: str | None) -> Read:
    return (o.AlterColumn(table=table, schema=schema, column=node.this.name, new_name=node.args["to"].name),)


def _rename(node: Any, table: str, schema: str | None) -> Read:
    held, name = table_name(node.this)
    return (o.RenameTable(table=table, schema=schema, new_name=name, new_schema=held),)


def _rename_index(node: Any, table: str, schema: str | None) -> Read:
    return (
        o.RenameObject(
            kind=o.ObjectKind.INDEX, name=node.name, new_name=node.args["to"].name, schema=schema, table=table
        ),
    )


def _drop_key(node: Any, table: str, schema: str | None) -> Read:
    return (o.DropConstraint(table=table, schema=schema, kind=o.ConstraintKind.PRIMARY_KEY),)


_ACTIONS: dict[str, Action] = {
    "AddConstraint": _constraints,
    "AlterColumn": _alter_column,
    "AlterRename": _rename,
    "ColumnDef": _add_column,
    "Drop": _drop,
    "DropPrimaryKey": _drop_key,
    "ModifyColumn": _modify,
    "RenameColumn": _rename_column,
    "RenameIndex": _rename_index,
}
