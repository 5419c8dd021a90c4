"""What the schema so far adds to an operation that its own statement doesn't say."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
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
    learner = _KNOWN.get(type(operation))
    if learner is not None:
        return learner(operation, model)
    if isinstance(operation, o.AlterColumn) and operation.old_type is None:
        return _with_old_type(operation, model, dialect)
    if isinstance(operation, o.DropIndex) and not operation.table:
        found = model.table_of_index(operation.name)
        return operation if found is None else replace(operation, schema=found[0], table=found[1])
    if isinstance(operation, o.DropConstraint) and operation.kind is o.ConstraintKind.UNKNOWN:
        table = model.table(operation.table, operation.schema)
        kind = _kind(table, operation) if table is not None else None
        return operation if kind is None else replace(operation, kind=kind)
    return operation


def _is_new(operation: o.CreateTable, model: SchemaModel) -> bool:
    name = (operation.schema, operation.table)
    return model.table(operation.table, operation.schema) is None and name not in model.views


def _of_object(operation: o.DropObject | o.RenameObject, model: SchemaModel) -> o.Operation:
    """With whether it is about a type that no column has."""
    name = operation.table if operation.kind is o.ObjectKind.ENUM_VALUE else operation.name
    about_type = operation.kind in (o.ObjectKind.TYPE, o.ObjectKind.ENUM_VALUE)
    return replace(operation, unused=about_type and not _is_used(name, model))


def _act(operation: o.Act, model: SchemaModel) -> o.Operation:
    if operation.kind is o.ActKind.ALTER_DOMAIN:
        return replace(operation, unused=not _is_used(operation.table, model))
    if operation.kind is o.ActKind.REPLICA_IDENTITY:
        published = model.published & {(operation.schema, operation.table), (None, "")}
        return replace(operation, always=bool(published))
    return operation


def _is_used(type_: str, model: SchemaModel) -> bool:
    """Whether a column or another type may have the type; only a schema that is known as a whole can say no."""
    name = type_.lower()
    if not model.complete or name in model.typed or any(name == one.base for one in model.domains.values()):
        return True
    texts = (getattr(one["type"], "text", None) for table in model.tables.values() for one in table.columns)
    return any(text is None or re.split(r"[(\[ ]", text.lower())[0] == name for text in texts)


def _routine(operation: o.CreateObject, model: SchemaModel) -> o.Operation:
    if operation.kind is o.ObjectKind.TRIGGER and operation.calls.lower() in model.refusing:
        return replace(operation, refuses=True)
    if operation.kind is not o.ObjectKind.ROUTINE or not operation.replaces:
        return operation
    there = operation.name.lower() in model.functions
    return replace(operation, there=there, replaces=there or not model.complete)


def _unread(operation: o.Unread, model: SchemaModel) -> o.Operation:
    """A query that calls routines of which all is known is a query."""
    known = bool(operation.calls) and {one.lower() for one in operation.calls} <= model.quiet
    if operation.kind is o.ObjectKind.TYPE and not _is_used(operation.name, model):
        return o.Harmless(what="a type that no column has")
    return o.Harmless(what="a query") if known else operation


def _query(operation: o.Harmless, model: SchemaModel) -> o.Operation:
    """One that calls a routine of the schema's own, of a name that the server knows too, may change what it does."""
    own = [one for one in operation.calls if one in model.functions and one not in model.quiet]
    if not own:
        return operation
    return o.Unread(why=f"the function {own[0]}() that it calls may change anything", calls=tuple(own))


def _published(operation: o.Publish, model: SchemaModel) -> o.Operation:
    if not model.complete:
        return operation
    every = not (operation.tables or operation.schemas)
    held = [key for key in model.tables if every or (key[0] or _PUBLIC) in operation.schemas]
    if not (operation.tables or held):
        return o.Harmless(what="a publication of no table")
    columns = dict(zip(operation.tables, operation.columns, strict=False))
    filters = dict(zip(operation.tables, operation.filters, strict=False))
    tables = dict.fromkeys((*operation.tables, *held))
    keyless = [
        one
        for one in tables
        if _is_keyless(model.tables.get(one), model)
        or _lacks_its_key(model.tables.get(one), columns.get(one), filters.get(one))
    ]
    return replace(operation, tables=() if every else tuple(tables), schemas=(), keyless=tuple(keyless))


def _has_index(words: Iterable[str]) -> bool:
    """Whether an index is what identifies a row."""
    return any(one.startswith("identity-i:") for one in words)


def _lacks_its_key(table: ModelTable | None, columns: tuple[str, ...] | None, filters: tuple[str, ...] | None) -> bool:
    """Whether what is published leaves a column of the key out, or rows are chosen by one that isn't in it; an identity
    of its own is some index, of which nothing is known here."""
    if table is None or table.partitioned or _has_index(table.options.split()):
        return False
    key = set(table.primary_key["constrained_columns"])
    whole = "identity-f" in table.options.split()
    return bool(columns and (whole or not key <= set(columns))) or bool(
        filters and not whole and not set(filters) <= key
    )


def _is_keyless(table: ModelTable | None, model: SchemaModel) -> bool:
    """Whether nothing identifies a row of it, or of one of its partitions, to a subscriber."""
    if table is None or "kept-unlogged" in table.options:
        return False
    if table.partitioned:
        return any(_is_keyless(model.tables.get(one), model) for one in table.partitions)
    words = table.options.split()
    if "identity-f" in words or _has_index(words):
        return False
    return "identity-n" in words or not table.primary_key["constrained_columns"]


_PUBLIC = "public"
# No dump holds it.
_ALWAYS_THERE = {"plpgsql"}
_KNOWN: dict[type[o.Operation], Callable[[Any, SchemaModel], o.Operation]] = {
    o.Act: _act,
    o.CreateObject: _routine,
    o.DropObject: _of_object,
    o.Harmless: _query,
    o.Pause: _query,
    o.Publish: _published,
    o.ReadRows: _query,
    o.RenameObject: _of_object,
    o.Unread: _unread,
}


def _changes_nothing(operation: o.Operation, model: SchemaModel) -> bool:
    """Whether IF EXISTS or IF NOT EXISTS keeps it from doing anything."""
    if isinstance(operation, o.DropIndex):
        return operation.if_exists and not operation.table and model.table_of_index(operation.name) is None
    if isinstance(operation, o.DropObject | o.RenameObject):
        return operation.if_exists and _is_missing(operation, model)
    if not isinstance(operation, o.TableOperation):
        return False
    table = model.table(operation.table, operation.schema)
    if operation.only_if_there and table is None:
        name = (operation.schema, operation.table)
        return name not in model.views | model.sequences and model.table_of_index(operation.table) is None
    if isinstance(operation, o.DropTable):
        return operation.if_exists and table is None
    if isinstance(operation, o.CreateTable):
        return operation.unless_exists and table is not None
    return table is not None and _is_so(operation, table)


def _is_missing(operation: o.DropObject | o.RenameObject, model: SchemaModel) -> bool:
    """Whether the model, which has all of that kind, has none of that name."""
    if operation.kind is o.ObjectKind.ROUTINE:
        return operation.name.lower() not in model.functions
    if operation.kind is o.ObjectKind.SCHEMA:
        return operation.name not in model.schemas | {schema for schema, _ in model.tables}
    if operation.kind is o.ObjectKind.EXTENSION:
        # A dump of some schemas alone leaves them out.
        return bool(model.extensions) and operation.name not in model.extensions | _ALWAYS_THERE
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
    if isinstance(operation, o.Act) and operation.kind is o.ActKind.CREATE_POLICY:
        return operation.policy is None and operation.other not in table.policies
    if isinstance(operation, o.Act) and operation.kind is o.ActKind.SET_LOGGED:
        return (operation.other == "unlogged") == ("kept-unlogged" in table.options)
    if isinstance(operation, o.CreateIndex):
        return operation.unless_exists and any(one["name"] == operation.name for one in table.indexes)
    return False


def _with_old_type(operation: o.AlterColumn, model: SchemaModel, dialect: Dialect) -> o.AlterColumn:
    table = model.table(operation.table, operation.schema)
    column = table.column(operation.column) if table is not None else None
    if column is None:
        return operation
    found = replace(operation, old_type=type_text(column["type"], dialect))
    now = column.get("collation") or getattr(column["type"], "collation", None) or ""
    if operation.type is None or not (operation.collates or column.get("collation")):
        return found
    return replace(found, collates=operation.collation != now)


def _kind(table: ModelTable, operation: o.DropConstraint) -> o.ConstraintKind | None:
    name = operation.name
    kinds = (
        (o.ConstraintKind.PRIMARY_KEY, [table.primary_key]),
        (o.ConstraintKind.FOREIGN_KEY, table.foreign_keys),
        (o.ConstraintKind.UNIQUE, table.uniques),
        (o.ConstraintKind.CHECK, table.checks),
        (o.ConstraintKind.NOT_NULL, table.not_nulls),
    )
    # Before 18 NOT NULL has no name; from then on a dump doesn't say the one that the server gave it.
    refuses = (f"{operation.table}_{one['name']}_not_null" for one in table.columns if not one["nullable"])
    found = (kind for kind, every in kinds if name and any(one["name"] == name for one in every))
    return next(found, o.ConstraintKind.NOT_NULL if name in refuses else None)


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
        if isinstance(one, o.ReadRows):
            found.update(one.tables)
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
    if name in ("tables", "keyless") and value:
        return tuple((None if schema == default else schema, table) for schema, table in value)
    if name in ("parent", "like") and value is not None and value[0] == default:
        return (None, value[1])
    if name in ("constraints", "indexes"):
        return tuple(in_default_schema(one, default) for one in value)
    return value
