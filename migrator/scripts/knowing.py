"""What the schema so far adds to an operation that its own statement doesn't say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, replace
from typing import Any

from sqlalchemy.engine.interfaces import Dialect

from migrator.dialects.schema_model import Key, ModelTable, SchemaModel
from migrator.model import operation as o
from migrator.scripts.schema_items import type_text


def known(operations: Iterable[o.Operation], model: SchemaModel, dialect: Dialect) -> tuple[o.Operation, ...]:
    """The operations with a column's type before, an index's table, a constraint's kind, where the model has them."""
    return tuple(_known(one, model, dialect) for one in operations)


def _known(operation: o.Operation, model: SchemaModel, dialect: Dialect) -> o.Operation:
    if model.complete and _changes_nothing(operation, model):
        return o.Harmless(what="nothing: it is so already")
    if model.complete and isinstance(operation, o.CreateTable) and operation.unless_exists:
        # What the baseline doesn't have isn't there: it is made here.
        return replace(operation, unless_exists=False)
    if model.complete and isinstance(operation, o.CreateTable) and operation.replaces and _is_new(operation, model):
        return replace(operation, replaces=False)
    if isinstance(operation, o.CreateTemporary) and model.table(operation.table, operation.schema) is not None:
        # What comes after it may mean the table that it hides: judged as if it did.
        return o.Harmless(what=operation.what)
    if isinstance(operation, o.AlterColumn) and operation.old_type is None:
        return _with_old_type(operation, model, dialect)
    if isinstance(operation, o.DropIndex) and not operation.table:
        found = model.table_of_index(operation.name)
        return operation if found is None else replace(operation, schema=found[0], table=found[1])
    if isinstance(operation, o.DropConstraint) and operation.kind is o.ConstraintKind.UNKNOWN:
        table = model.table(operation.table, operation.schema)
        kind = _kind(table, operation.name) if table is not None else None
        return operation if kind is None else replace(operation, kind=kind)
    return operation


def _is_new(operation: o.CreateTable, model: SchemaModel) -> bool:
    name = (operation.schema, operation.table)
    return model.table(operation.table, operation.schema) is None and name not in model.views


def _changes_nothing(operation: o.Operation, model: SchemaModel) -> bool:
    """Whether IF EXISTS or IF NOT EXISTS keeps it from doing anything."""
    if isinstance(operation, o.DropIndex):
        return operation.if_exists and not operation.table and model.table_of_index(operation.name) is None
    if isinstance(operation, o.DropObject):
        return operation.if_exists and _is_missing(operation, model)
    if not isinstance(operation, o.TableOperation):
        return False
    table = model.table(operation.table, operation.schema)
    if operation.only_if_there and table is None:
        return (operation.schema, operation.table) not in model.views | model.sequences
    if isinstance(operation, o.DropTable):
        return operation.if_exists and table is None
    if isinstance(operation, o.CreateTable):
        return operation.unless_exists and table is not None
    return table is not None and _is_so(operation, table)


def _is_missing(operation: o.DropObject, model: SchemaModel) -> bool:
    """Whether the model, which has all of that kind, has none of that name."""
    if operation.kind is o.ObjectKind.ROUTINE:
        return operation.name.lower() not in model.functions
    if operation.kind is o.ObjectKind.SCHEMA:
        return operation.name not in model.schemas | {schema for schema, _ in model.tables}
    held = {
        o.ObjectKind.VIEW: model.views,
        o.ObjectKind.MATERIALIZED_VIEW: model.views,
        o.ObjectKind.TYPE: model.types,
        o.ObjectKind.SEQUENCE: model.sequences,
    }
    names = held.get(operation.kind)
    return names is not None and (operation.schema, operation.name) not in names


def _is_so(operation: o.TableOperation, table: ModelTable) -> bool:
    if isinstance(operation, o.AddColumn):
        return operation.unless_exists and table.column(operation.column.name) is not None
    if isinstance(operation, o.DropColumn):
        return operation.if_exists and table.column(operation.column) is None
    if isinstance(operation, o.DropConstraint):
        return operation.if_exists and operation.name not in table.constraint_names()
    if isinstance(operation, o.CreateIndex):
        return operation.unless_exists and any(one["name"] == operation.name for one in table.indexes)
    return False


def _with_old_type(operation: o.AlterColumn, model: SchemaModel, dialect: Dialect) -> o.AlterColumn:
    table = model.table(operation.table, operation.schema)
    column = table.column(operation.column) if table is not None else None
    if column is None:
        return operation
    return replace(operation, old_type=type_text(column["type"], dialect))


def _kind(table: ModelTable, name: str) -> o.ConstraintKind | None:
    kinds = (
        (o.ConstraintKind.PRIMARY_KEY, [table.primary_key]),
        (o.ConstraintKind.FOREIGN_KEY, table.foreign_keys),
        (o.ConstraintKind.UNIQUE, table.uniques),
        (o.ConstraintKind.CHECK, table.checks),
    )
    return next((kind for kind, every in kinds if name and any(one["name"] == name for one in every)), None)


def tables_of(operations: Iterable[o.Operation]) -> set[Key]:
    """The tables that the operations name."""
    found: set[Key] = set()
    for one in operations:
        table = getattr(one, "table", "")
        schema = getattr(one, "schema", None)
        if table:
            found.add((schema, table))
        if isinstance(one, o.AddConstraint) and one.references:
            found.add((one.references_schema, one.references))
        if isinstance(one, o.Act) and one.other:
            found.add((one.other_schema, one.other))
        if isinstance(one, o.CreateTable):
            found.update(key for key in (one.parent, one.like) if key is not None)
            found.update((held.references_schema, held.references) for held in one.constraints if held.references)
    return found


def in_default_schema(operation: o.Operation, default: str | None) -> o.Operation:
    """The operation with None for the schema that the server takes where a name has none."""
    if default is None:
        return operation
    changed = {one.name: _plain(getattr(operation, one.name), default, one.name) for one in fields(operation)}
    return replace(operation, **changed)


def _plain(value: Any, default: str, name: str) -> Any:
    if name in ("schema", "references_schema", "other_schema") and value == default:
        return None
    if name in ("parent", "like") and value is not None and value[0] == default:
        return (None, value[1])
    if name in ("constraints", "indexes"):
        return tuple(in_default_schema(one, default) for one in value)
    return value
