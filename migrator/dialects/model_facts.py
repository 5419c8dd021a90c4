"""The planner's facts of a table out of a model instead of a catalogue."""

from __future__ import annotations

from typing import Any

from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.exc import CompileError

from migrator.dialects.schema_model import ModelTable, Reflected, SchemaModel, TextType
from migrator.model.plan import ColumnFacts, TableFacts


def table_facts(model: SchemaModel, schema: str | None, table: str, dialect: Dialect) -> TableFacts | None:
    """What the model knows of a table; None when it doesn't have it.

    Args:
        dialect: the server's, which has its own name for a type that SQLAlchemy leaves open (DateTime, Interval, Uuid).
    """
    found = model.table(table, schema)
    if found is None:
        return None
    guarded, indexed = _guarded(found), _indexed(found)
    return TableFacts(
        columns={str(one["name"]): _column(one, found, guarded, indexed, dialect) for one in found.columns},
        partitioned=found.partitioned,
        partitions=tuple(found.partitions),
        nested=any(held.partitioned for key in found.partitions if (held := model.tables.get(key)) is not None),
        foreign_keys={
            str(one["name"]): (one["referred_schema"], one["referred_table"])
            for one in found.foreign_keys
            if one["name"]
        },
        options=_options(found),
        row_key=_row_key(found),
    )


def _options(table: ModelTable) -> dict[str, str]:
    options = dict(pair.split("=", 1) for pair in table.options.split() if "=" in pair)
    if any(one.get("kind") == "FULLTEXT" for one in table.indexes):
        options["fulltext"] = "yes"
    if not table.primary_key["constrained_columns"] and not _row_key(table):
        options["keyless"] = "yes"
    return options


def _row_key(table: ModelTable) -> str:
    if table.primary_key["constrained_columns"]:
        return ""
    refuse_null = {one["name"] for one in table.columns if not one["nullable"]}
    for one in (*table.uniques, *(index for index in table.indexes if index["unique"])):
        if one["name"] and set(one["column_names"]) <= refuse_null:
            return str(one["name"])
    return ""


def _guarded(table: ModelTable) -> set[str]:
    valid = [one for one in table.checks if not one.get("not_valid")]
    checked = {name for one in valid for name in one.get("columns", ())}
    return checked | {name for one in table.indexes for name in one.get("guards", ())}


def _indexed(table: ModelTable) -> set[str]:
    keys = [*table.primary_key["constrained_columns"]]
    for one in (*table.uniques, *table.indexes):
        keys += [name for name in one["column_names"] if name]
    return set(keys)


def _column(
    column: Reflected, table: ModelTable, guarded: set[str], indexed: set[str], dialect: Dialect
) -> ColumnFacts:
    name = str(column["name"])
    return ColumnFacts(
        type=_type(column["type"], dialect),
        nullable=bool(column["nullable"]),
        guarded=name in guarded,
        indexed=name in indexed,
        charset=str(column.get("charset", "")),
        generated=_generated(column),
        expression=_expression(column),
        bare=not (column.get("default") or column.get("fills_itself") or column.get("numbers_itself"))
        and not _generated(column),
        proven=any(one.get("proves") == name and not one.get("not_valid") for one in table.checks),
    )


def _generated(column: Reflected) -> str:
    computed = column.get("computed")
    if computed is not None:
        return "stored" if computed.get("persisted") else "virtual"
    return str(column.get("generated", ""))


def _expression(column: Reflected) -> str:
    computed = column.get("computed")
    return str(column.get("expression", "") if computed is None else computed.get("sqltext", ""))


def _type(type_: Any, dialect: Dialect) -> str:
    if isinstance(type_, TextType):
        return type_.text.lower()
    try:
        return str(type_.compile(dialect=dialect)).lower()
    except (CompileError, NotImplementedError, AttributeError):
        return ""
