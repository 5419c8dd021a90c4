"""The schema of a real database, read from its catalogue."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.engine.reflection import ObjectKind
from sqlalchemy.exc import SAWarning

from migrator.dialects.comparing import Comparing
from migrator.dialects.schema_model import ModelTable, Reflected, SchemaModel

_MULTI = {
    "columns": "get_multi_columns",
    "foreign_keys": "get_multi_foreign_keys",
    "uniques": "get_multi_unique_constraints",
    "checks": "get_multi_check_constraints",
    "indexes": "get_multi_indexes",
}


def schema_of_database(
    connection: Connection, rules: Comparing, schemas: Iterable[str | None], translated: Mapping[str | None, str | None]
) -> SchemaModel:
    """Tables, views with the names of their columns, enum types and sequences of these schemas.

    Args:
        connection: in a transaction; nothing is written.
        schemas: as the models name them; None is the connection's default schema.
        translated: such a name → the schema that it really is (``schema_translate_map``).

    Locks: those of reading the catalogue.
    """
    model = SchemaModel(complete=True)
    inspector = sa.inspect(connection)
    back = {real: name for name, real in translated.items()}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SAWarning)  # of what reflection leaves out; the rules name that themselves
        for schema in schemas:
            _read(model, inspector, connection, rules, schema, translated.get(schema, schema), back)
    return model


def _read(
    model: SchemaModel,
    inspector: Any,
    connection: Connection,
    rules: Comparing,
    schema: str | None,
    real: str | None,
    back: Mapping[str | None, str | None],
) -> None:
    foreign = rules.foreign_names(connection, real)
    found = {name: getattr(inspector, ask)(schema=real) for name, ask in _MULTI.items()}
    keys = inspector.get_multi_pk_constraint(schema=real)
    comments = inspector.get_multi_table_comment(schema=real) if connection.dialect.supports_comments else {}
    tables: dict[str, ModelTable] = {}
    for key in found["columns"]:
        name = key[1]
        if name in foreign:
            continue
        table = ModelTable(
            primary_key=dict(keys.get(key) or {"name": None, "constrained_columns": []}),
            comment=(comments.get(key) or {}).get("text"),
        )
        for kind, of_tables in found.items():
            setattr(table, kind, [dict(one) for one in of_tables.get(key) or ()])
        _plainly(table, back)
        model.tables[(schema, name)] = tables[name] = table
    rules.complete(connection, real, tables)
    _read_views(model, inspector, schema, real)
    for one in _enums(inspector, real):
        model.types.add((schema, one["name"]))
        model.enums[(schema, one["name"])] = tuple(one["labels"])
    if connection.dialect.supports_sequences:
        names = inspector.get_sequence_names(schema=real)
        model.sequences |= {(schema, name) for name in names if name not in foreign}


def _read_views(model: SchemaModel, inspector: Any, schema: str | None, real: str | None) -> None:
    columns = inspector.get_multi_columns(schema=real, kind=ObjectKind.ANY_VIEW)
    for (_, name), found in columns.items():
        model.views.add((schema, name))
        model.shown[(schema, name)] = tuple(str(one["name"]) for one in found)


def _plainly(table: ModelTable, back: Mapping[str | None, str | None]) -> None:
    table.primary_key.setdefault("constrained_columns", [])
    for key in table.foreign_keys:
        key["referred_schema"] = back.get(key["referred_schema"], key["referred_schema"])
    for column in table.columns:
        column["nullable"] = bool(column["nullable"])
        column["numbers_itself"] = column.get("autoincrement") is True and not column.get("identity")


def _enums(inspector: Any, schema: str | None) -> list[Reflected]:
    ask = getattr(inspector, "get_enums", None)
    return list(ask(schema=schema)) if ask is not None else []
