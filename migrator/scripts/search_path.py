"""What a name without a schema means after SET search_path, over a schema that is known as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

from migrator.dialects.schema_model import Key, SchemaModel
from migrator.model import operation as o

_MAKES = (o.CreateTable, o.CreateObject)
_NAMES = ("table", "name")
_PAIRS = (("references_schema", "references"), ("other_schema", "other"))
_KEYS = ("parent", "like")


def in_path(operation: o.Operation, path: Sequence[str], model: SchemaModel) -> o.Operation:
    """The operation with the schema of each name that says none: the first that has it, for a new one the first.

    Args:
        path: schemas in order; not empty.
    """
    return _resolved(operation, path, model, new=isinstance(operation, _MAKES))


def _resolved(operation: o.Operation, path: Sequence[str], model: SchemaModel, *, new: bool) -> o.Operation:
    whole: Any = operation
    has = {one.name for one in fields(operation)}
    changes: dict[str, Any] = {}
    own = next((str(getattr(operation, one)) for one in _NAMES if one in has and getattr(operation, one)), "")
    if "schema" in has and own and whole.schema is None:
        changes["schema"] = path[0] if new else _schema_of(own, path, model)
    for schema, name in _PAIRS:
        if schema in has and getattr(operation, schema) is None and getattr(operation, name):
            changes[schema] = _schema_of(str(getattr(operation, name)), path, model)
    for name in _KEYS:
        key = getattr(operation, name, None)
        if key is not None and key[0] is None:
            changes[name] = (_schema_of(key[1], path, model), key[1])
    if "tables" in has:
        changes["tables"] = tuple(_key(one, path, model) for one in whole.tables)
    for name in ("constraints", "indexes"):
        if name in has:
            held = getattr(operation, name)
            changes[name] = tuple(_resolved(one, path, model, new=True) for one in held)
    return replace(operation, **changes)


def _key(key: Key, path: Sequence[str], model: SchemaModel) -> Key:
    return key if key[0] is not None else (_schema_of(key[1], path, model), key[1])


def _schema_of(name: str, path: Sequence[str], model: SchemaModel) -> str:
    """The model has no schema where the server's default goes without saying."""
    held = model.tables.keys() | model.views | model.types | model.sequences
    return next((one for one in path if {(one, name), (_plain(one, model), name)} & held), path[0])


def _plain(schema: str, model: SchemaModel) -> str | None:
    return None if schema == model.default_schema else schema
