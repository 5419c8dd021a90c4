"""What SQLAlchemy's reflection of PostgreSQL leaves out, and drift compares.

Source: manual of 14 to 18, pg_index, pg_opclass, pg_constraint, pg_partitioned_table, System Catalog Information
Functions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from migrator.dialects.elements import listed, ordered
from migrator.dialects.schema_model import ModelTable

# Operator classes stand behind their elements; where one is the type's own, pg_get_indexdef leaves it out.
_INDEXES = sa.text(
    """
    SELECT t.relname AS tablename, c.relname AS name, pg_catalog.pg_get_indexdef(c.oid) AS text,
        pg_catalog.array_to_string(ARRAY(
            SELECT CASE WHEN o.opcdefault THEN '' ELSE o.opcname END
            FROM pg_catalog.unnest(i.indclass::oid[]) WITH ORDINALITY AS k (class, place)
            JOIN pg_catalog.pg_opclass o ON o.oid = k.class ORDER BY k.place), ',') AS classes
    FROM pg_catalog.pg_index i
    JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid JOIN pg_catalog.pg_class t ON t.oid = i.indrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace WHERE n.nspname = :schema
    """
)
_CONSTRAINTS = sa.text(
    """
    SELECT t.relname AS tablename, c.conname AS name, c.contype::text AS kind, c.condeferrable AS deferrable,
        c.condeferred AS deferred, c.confmatchtype::text AS match, pg_catalog.pg_get_constraintdef(c.oid) AS text
    FROM pg_catalog.pg_constraint c JOIN pg_catalog.pg_class t ON t.oid = c.conrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
    WHERE n.nspname = :schema AND c.contype IN ('x', 'u', 'f') ORDER BY c.conname
    """
)
# Of a column whose type is a domain, reflection tells the domain's NOT NULL and default as the column's own.
_OF_DOMAINS = sa.text(
    """
    SELECT c.relname AS tablename, a.attname AS name, a.attnotnull AS not_null, a.atthasdef AS fills
    FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
    WHERE n.nspname = :schema AND t.typtype = 'd' AND a.attnum > 0 AND NOT a.attisdropped
    """
)
_TABLES = sa.text(
    """
    SELECT c.relname AS tablename, c.relpersistence = 'u' AS unlogged,
        CASE WHEN c.relkind = 'p' THEN pg_catalog.pg_get_partkeydef(c.oid) END AS partition_by
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = :schema AND c.relkind IN ('r', 'p')
    """
)


def complete(connection: Connection, schema: str | None, tables: Mapping[str, ModelTable]) -> None:
    """Elements of indexes, exclusion constraints, what is deferrable, MATCH, partition keys, UNLOGGED."""
    of_schema = {"schema": schema or connection.dialect.default_schema_name}
    for row in connection.execute(_INDEXES, of_schema):
        table = tables.get(row.tablename)
        for one in table.indexes if table is not None else ():
            if one["name"] == row.name:
                one["elements"], one["classes"] = _elements(row.text, row.classes.split(","))
    for row in connection.execute(_CONSTRAINTS, of_schema):
        table = tables.get(row.tablename)
        if table is not None:
            _constraint(table, row)
    for row in connection.execute(_OF_DOMAINS, of_schema):
        table = tables.get(row.tablename)
        column = table.column(row.name) if table is not None else None
        if column is not None:
            column["nullable"] = not row.not_null
            column["default"] = column["default"] if row.fills else None
    for row in connection.execute(_TABLES, of_schema):
        table = tables.get(row.tablename)
        if table is not None:
            table.given = {
                "postgresql_partition_by": row.partition_by,
                "prefixes": ["UNLOGGED"] if row.unlogged else [],
            }


def _elements(text: str, classes: list[str]) -> tuple[list[str], list[str]]:
    """(elements without operator classes, ``element class`` for each class that isn't the usual one)."""
    elements, found = [], []
    for element, class_ in zip(listed(text[text.index(" USING ") :]), classes, strict=False):
        bare, _, order = ordered(element)
        elements.append(f"{bare} {order}".strip())
        found += [f"{bare} {class_}"] if class_ else []
    return elements, found


def _constraint(table: ModelTable, row: sa.Row[Any]) -> None:
    if row.kind == "x":
        table.excludes.append({"name": row.name, "text": row.text})
        return
    for one in table.uniques if row.kind == "u" else table.foreign_keys:
        if one["name"] != row.name:
            continue
        if row.kind == "u":
            one["deferrable"], one["initially"] = row.deferrable, "DEFERRED" if row.deferred else None
        elif row.match == "f":
            one["options"] = {**(one.get("options") or {}), "match": "FULL"}
