"""Keep the model of the schema up to date with the operations that were read from SQL text; types stay text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from migrator.dialects.schema_model import Key, ModelTable, Reflected, SchemaModel, TextType
from migrator.model import operation as o
from migrator.model.plan import Domain
from migrator.model.policy import afterwards


def learn_operation(model: SchemaModel, operation: o.Operation) -> None:
    """Change the model as the operation changes the schema; what the model doesn't keep changes nothing."""
    learner = _OPERATIONS.get(type(operation))
    if learner is not None:
        learner(model, operation)


_UNREAD_DEFAULT = frozenset({"default"})


def _column(spec: o.ColumnSpec) -> Reflected:
    unread = _UNREAD_DEFAULT if spec.fills_itself or spec.default else frozenset()
    return {
        "name": spec.name,
        "type": TextType(spec.type or "TEXT"),
        "nullable": spec.nullable,
        "default": spec.default or None,
        "autoincrement": False,
        "comment": None,
        "fills_itself": spec.fills_itself,
        "unread": unread,
        **({"charset": spec.charset} if spec.charset else {}),
        **({"collation": spec.collation} if spec.collation else {}),
        **({"generated": spec.generated, "expression": spec.computed} if spec.generated else {}),
    }


def _create(model: SchemaModel, op: o.CreateTable) -> None:
    made = ModelTable(
        columns=[_column(one) for one in op.columns], partitioned=op.partitioned, options=op.options, given=None
    )
    made.partitioned_by = op.keys
    copied = model.tables.get(op.like or op.parent or (None, ""))
    if copied is not None:
        twin = copied.copy()
        made.columns = [*twin.columns, *made.columns]
        if op.like_indexes or op.parent is not None:
            made.primary_key, made.uniques, made.indexes = twin.primary_key, twin.uniques, twin.indexes
    if op.replaces:
        model.tables[(op.schema, op.table)] = made
    if model.tables.setdefault((op.schema, op.table), made) is not made:
        return
    for constraint in op.constraints:
        _add_constraint(made, constraint)
    for index in op.indexes:
        _add_index(made, index)
    model.give_names((op.schema, op.table))
    if op.parent is not None and op.parent in model.tables:
        parent = model.tables[op.parent]
        parent.partitions.append((op.schema, op.table))
        parent.default_partition = (op.schema, op.table) if op.default else parent.default_partition


def _drop(model: SchemaModel, op: o.DropTable) -> None:
    if model.tables.pop((op.schema, op.table), None) is not None:
        model.gone.add((op.schema, op.table))
    for table in model.tables.values():
        _leave(table, (op.schema, op.table))


def _leave(parent: ModelTable, part: Key) -> None:
    parent.partitions = [one for one in parent.partitions if one != part]
    parent.default_partition = None if parent.default_partition == part else parent.default_partition


def _rename(model: SchemaModel, op: o.RenameTable) -> None:
    model.rename_table(op.table, op.new_name, op.schema, op.new_schema)


def _add_column(model: SchemaModel, op: o.AddColumn) -> None:
    table = model.table(op.table, op.schema)
    if table is not None and table.column(op.column.name) is None:
        table.columns.append(_column(op.column))


def _drop_column(model: SchemaModel, op: o.DropColumn) -> None:
    table = model.table(op.table, op.schema)
    if table is not None:
        table.drop_column(op.column)


def _alter(model: SchemaModel, op: o.AlterColumn) -> None:
    table = model.table(op.table, op.schema)
    column = table.column(op.column) if table is not None else None
    if table is None or column is None:
        return
    if op.type is not None:
        column["type"] = TextType(op.type)
        column["collation"] = op.collation
    if op.nullable is not None:
        column["nullable"] = op.nullable
    if op.default in (o.DefaultChange.DROPPED, o.DefaultChange.LOST, o.DefaultChange.NO_EXPRESSION):
        column["default"], column["fills_itself"], column["unread"] = None, False, frozenset()
    if op.default is o.DefaultChange.SET:
        column["default"], column["fills_itself"], column["unread"] = "set", True, _UNREAD_DEFAULT
    if op.new_name:
        table.rename_column(op.column, op.new_name)


def _index(model: SchemaModel, op: o.CreateIndex) -> None:
    table = model.table(op.table, op.schema)
    if table is not None:
        _add_index(table, op)


def _add_index(table: ModelTable, op: o.CreateIndex) -> None:
    names = [name or None for name in op.columns]
    found: Reflected = {"name": op.name, "column_names": names, "unique": op.unique, "by_text": True}
    if op.guards or None in names:
        found["unread"] = True
    if op.guards:
        found["guards"] = op.guards
    if op.kind:
        found["kind"] = op.kind
    if op.method:
        found["method"] = op.method
    if op.included:
        found["include_columns"] = list(op.included)
    table.indexes.append(found)


def _forget_index(model: SchemaModel, op: o.DropIndex) -> None:
    for table in model.tables.values():
        table.indexes = [one for one in table.indexes if one["name"] != op.name]


def _constraint(model: SchemaModel, op: o.AddConstraint) -> None:
    table = model.table(op.table, op.schema)
    if table is not None:
        _add_constraint(table, op)
        model.give_names((op.schema, op.table))


def _add_constraint(table: ModelTable, op: o.AddConstraint) -> None:
    name = op.name or None
    if op.kind is o.ConstraintKind.PRIMARY_KEY:
        columns = _key_columns(table, op)
        table.primary_key = {"name": name, "constrained_columns": columns}
        for one in table.columns:
            if one["name"] in columns:
                one["nullable"] = False
    elif op.kind is o.ConstraintKind.UNIQUE:
        table.uniques.append({"name": name, "column_names": _key_columns(table, op), "by_text": True})
    elif op.kind is o.ConstraintKind.FOREIGN_KEY:
        table.foreign_keys.append(
            {
                "name": name,
                "constrained_columns": list(op.columns),
                "referred_schema": op.references_schema,
                "referred_table": op.references,
                "referred_columns": [],
                "options": {},
                "unread": True,
            }
        )
    elif op.kind is o.ConstraintKind.CHECK:
        table.checks.append(
            {
                "name": name,
                "sqltext": "",
                "columns": op.columns,
                "proves": op.proves,
                "limits": op.limits,
                "choices": op.choices,
                "not_valid": op.not_valid or not op.enforced,
            }
        )
    elif op.kind is o.ConstraintKind.NOT_NULL:
        _add_not_null(table, op)
    elif op.kind is o.ConstraintKind.EXCLUDE:
        table.excludes.append({"name": name, "text": ""})


def _add_not_null(table: ModelTable, op: o.AddConstraint) -> None:
    """One that is NOT VALID proves nothing of the rows that are there."""
    for name in op.columns:
        column = table.column(name)
        if column is not None and not op.not_valid:
            column["nullable"] = False
        if op.name:
            table.not_nulls.append({"name": op.name, "column": name})


def _key_columns(table: ModelTable, op: o.AddConstraint) -> list[str]:
    """Its own, or those of the index that it takes over."""
    taken = next((one["column_names"] for one in table.indexes if op.takes and one["name"] == op.takes), ())
    return list(op.columns) or [str(name) for name in taken if name]


def _drop_constraint(model: SchemaModel, op: o.DropConstraint) -> None:
    table = model.table(op.table, op.schema)
    if table is not None:
        table.drop_constraint(op.name)


def _act(model: SchemaModel, op: o.Act) -> None:
    if op.kind is o.ActKind.ALTER_DOMAIN and (held := model.domains.get(op.table.lower())) is not None:
        model.domains[op.table.lower()] = replace(held, constrained=True)
    table = model.table(op.table, op.schema)
    if table is None:
        return
    part = (op.other_schema, op.other)
    if op.kind in (o.ActKind.TABLE_OPTION, o.ActKind.SET_LOGGED):
        table.given = None
    column = table.column(op.other)
    if op.kind is o.ActKind.ADD_IDENTITY and column is not None:
        column["default"], column["fills_itself"], column["unread"] = "identity", True, _UNREAD_DEFAULT
    if op.kind is o.ActKind.ATTACH_PARTITION:
        table.partitions.append(part)
        table.default_partition = part if op.default else table.default_partition
    elif op.kind is o.ActKind.DETACH_PARTITION:
        _leave(table, part)
    elif op.kind is o.ActKind.VALIDATE:
        _validate(table, op.other)
    elif op.kind is o.ActKind.CREATE_POLICY:
        table.policies = afterwards(table.policies, op.other, op.policy)
    elif op.kind in _SAID:
        _say(table, _SAID[op.kind], op.other)
    elif op.kind is o.ActKind.ROW_SECURITY:
        whose, verb = op.other.split()
        _say(table, f"row-security-{whose}-", verb)


# What an act says of its table, as a word among its options.
_SAID = {
    o.ActKind.SET_LOGGED: "kept-",
    o.ActKind.REPLICA_IDENTITY: "identity-",
}


def _say(table: ModelTable, about: str, word: str) -> None:
    kept = [one for one in table.options.split() if not one.startswith(about)]
    table.options = " ".join([*kept, f"{about}{word}"])


def _validate(table: ModelTable, name: str) -> None:
    for one in table.checks:
        if one["name"] == name:
            one["not_valid"] = False
    for one in table.not_nulls:
        column = table.column(str(one["column"]))
        if one["name"] == name and column is not None:
            column["nullable"] = False


def _publish(model: SchemaModel, op: o.Publish) -> None:
    model.published.update(op.tables or [(None, "")])


_OBJECTS = {
    o.ObjectKind.VIEW: "views",
    o.ObjectKind.MATERIALIZED_VIEW: "views",
    o.ObjectKind.TYPE: "types",
    o.ObjectKind.SEQUENCE: "sequences",
}


def _object(model: SchemaModel, op: o.CreateObject | o.DropObject) -> None:
    creates = isinstance(op, o.CreateObject)
    if op.kind is o.ObjectKind.SCHEMA and creates:
        model.schemas.add(op.name)
    if op.kind is o.ObjectKind.EXTENSION and creates:
        model.extensions.add(op.name)
    elif op.kind is o.ObjectKind.EXTENSION:
        model.extensions.discard(op.name)
    if op.kind in _OBJECTS:
        names: set[Any] = getattr(model, _OBJECTS[op.kind])
        key = (op.schema, op.name)
        names.add(key) if creates else names.discard(key)
    if op.kind is o.ObjectKind.VIEW:
        model.shown.pop((op.schema, op.name), None)
    if isinstance(op, o.CreateObject) and op.shows:
        model.shown[(op.schema, op.name)] = op.shows
    if isinstance(op, o.CreateObject) and op.values:
        model.enums[(op.schema, op.name)] = op.values
    if op.kind is o.ObjectKind.TYPE and not creates:
        model.enums.pop((op.schema, op.name), None)
    if isinstance(op, o.CreateObject) and op.base:
        model.domains[op.name.lower()] = _domain(model, op)
    if isinstance(op, o.CreateObject):
        model.typed.update(op.uses)
    if isinstance(op, o.CreateObject) and op.volatility:
        _learn_routine(model, op)
    elif creates and op.kind is o.ObjectKind.ROUTINE:
        model.functions.setdefault(op.name.lower(), "volatile")


def _learn_routine(model: SchemaModel, op: o.CreateObject) -> None:
    name = op.name.lower()
    model.functions[name] = op.volatility
    for held, belongs in ((model.quiet, op.quiet), (model.refusing, op.refuses)):
        held.discard(name)
        held.update([name] if belongs else [])


def _domain(model: SchemaModel, op: o.CreateObject) -> Domain:
    """A domain over a domain is checked by both, and has the default of the first that has one."""
    under = model.domains.get(op.base)
    if under is None:
        return Domain(base=op.base, constrained=op.constrained, default=op.default)
    constrained = op.constrained or under.constrained
    return Domain(base=under.base, constrained=constrained, default=op.default or under.default)


def _enum_value(model: SchemaModel, op: o.AddEnumValue) -> None:
    values = list(model.enums.get((op.schema, op.name), ()))
    if not values or op.value in values:
        return
    place = values.index(op.neighbour) + op.after if op.neighbour in values else len(values)
    values.insert(place, op.value)
    model.enums[(op.schema, op.name)] = tuple(values)


def _rename_object(model: SchemaModel, op: o.RenameObject) -> None:
    values = model.enums.get((op.schema, op.table))
    if op.kind is o.ObjectKind.ENUM_VALUE and values is not None:
        model.enums[(op.schema, op.table)] = tuple(op.new_name if one == op.name else one for one in values)


def _comment(model: SchemaModel, op: o.Harmless) -> None:
    if op.what == "a comment":
        model.comments_unread = True


_OPERATIONS: dict[type[o.Operation], Callable[[SchemaModel, Any], None]] = {
    o.Act: _act,
    o.CreateTable: _create,
    o.DropTable: _drop,
    o.Publish: _publish,
    o.RenameTable: _rename,
    o.AddColumn: _add_column,
    o.DropColumn: _drop_column,
    o.AlterColumn: _alter,
    o.CreateIndex: _index,
    o.DropIndex: _forget_index,
    o.AddConstraint: _constraint,
    o.DropConstraint: _drop_constraint,
    o.CreateObject: _object,
    o.DropObject: _object,
    o.AddEnumValue: _enum_value,
    o.RenameObject: _rename_object,
    o.Harmless: _comment,
}
