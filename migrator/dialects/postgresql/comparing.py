"""PostgreSQL's spellings of types, defaults and expressions.

Source: manual of 14 to 18, Data Types and System Catalog Information Functions (pg_get_expr, format_type).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy import Connection

from migrator.dialects.comparing import Comparing
from migrator.dialects.durations import whole_milliseconds
from migrator.dialects.postgresql.completing import complete
from migrator.dialects.schema_model import ModelTable, Reflected

_NAMES = {
    "int": "integer",
    "int4": "integer",
    "int8": "bigint",
    "int2": "smallint",
    "serial": "integer",
    "serial4": "integer",
    "bigserial": "bigint",
    "serial8": "bigint",
    "smallserial": "smallint",
    "serial2": "smallint",
    "bool": "boolean",
    "character varying": "varchar",
    "character": "char",
    "bpchar": "char",
    "decimal": "numeric",
    "float8": "double precision",
    "float4": "real",
    "bit varying": "varbit",
    "timestamp without time zone": "timestamp",
    "timestamp with time zone": "timestamptz",
    "time without time zone": "time",
    "time with time zone": "timetz",
}
_FORM = re.compile(
    r"(?P<name>[^(\[]+?)(?P<size>\((?P<numbers>[^)]*)\))?(?P<zone> with(?:out)? time zone)?(?P<array>(?:\[\d*\])*)"
)
_DOUBLE_FROM = 25  # bits of float(p)
_CAST_WORDS = frozenset("varying precision without with time zone".split())
_OPERATORS = {"~~": ["like"], "!~~": ["not", "like"], "~~*": ["ilike"], "!~~*": ["not", "ilike"]}
# Those of pg_opclass that are the default of their type wherever they are one of any index method (14 to 18).
_USUAL_CLASSES = frozenset(
    f"{name}_ops"
    for name in """
    aclitem array bit bool box_inclusion box bpchar bytea char cid circle date enum float4 float8 inet_inclusion
    int2 int4 int8 interval jsonb macaddr8 macaddr money multirange name numeric oid oidvector pg_lsn point poly
    quad_point range_inclusion range record text tid time timestamp timestamptz timetz tsquery tsvector uuid varbit
    xid8 xid
    bit_minmax bpchar_minmax bytea_minmax char_minmax date_minmax float4_minmax float8_minmax int2_minmax
    int4_minmax int8_minmax interval_minmax macaddr8_minmax macaddr_minmax name_minmax numeric_minmax oid_minmax
    pg_lsn_minmax text_minmax tid_minmax time_minmax timestamp_minmax timestamptz_minmax timetz_minmax uuid_minmax
    varbit_minmax
    """.split()
)
_NUMERIC = re.compile(r"'(-)?(\d+(?:\.\d+)?)'")


# Partitions, sequences that belong to a column, and what an extension brought along.
_FOREIGN = sa.text(
    """
    SELECT c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = :schema AND (c.relispartition OR EXISTS (
        SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
        AND d.objid = c.oid AND (d.deptype = 'e' OR (c.relkind = 'S' AND d.deptype IN ('a', 'i')))))
    """
)


class PostgreSQLComparing(Comparing):
    type_names = _NAMES
    names_primary_keys = True
    index_methods = True
    deferrable_keys = True
    usual_classes = _USUAL_CLASSES

    def plain_type(self, text: str) -> str:
        match = _FORM.fullmatch(text.replace('"', "").removeprefix("pg_catalog."))
        if match is None:
            return text
        name = match["name"].strip() + (match["zone"] or "")
        name, size = _NAMES.get(name, name), match["size"] or ""
        if name == "float":
            name, size = _float(match["numbers"]), ""
        if name in ("char", "bit") and not size:
            size = "(1)"
        if name == "numeric" and match["numbers"] and "," not in match["numbers"]:
            size = f"({match['numbers']},0)"
        if name.startswith(("timestamp", "time")) and size == "(6)":
            size = ""
        array = "[]" if match["array"] else ""
        return f"{name}{size}{array}"

    def rewritten(self, words: Sequence[str]) -> Sequence[str]:
        kept: list[str] = []
        place = 0
        while place < len(words):
            word = words[place]
            if word == "::":
                place = _behind_type(words, place + 1)
                number = _NUMERIC.fullmatch(kept[-1]) if kept else None
                if number is not None:
                    kept[-1:] = [part for part in number.groups() if part]
                continue
            kept += _OPERATORS.get(word, [word])
            place += 3 if [word, *words[place + 1 : place + 3]] == ["trim", "both", "from"] else 1
        return _between(_lists(kept))

    def read_only(self, connection: Connection, limit: timedelta) -> None:
        connection.execute(sa.text("SET default_transaction_read_only = on"))
        connection.execute(sa.text(f"SET statement_timeout = {whole_milliseconds(limit)}"))

    def table_options(self, given: Reflected) -> Mapping[str, str]:
        partition_by = " ".join(str(given.get("postgresql_partition_by") or "").lower().split())
        is_unlogged = "unlogged" in (str(one).lower() for one in given.get("prefixes") or ())
        return {"partitioned by": partition_by.replace('"', ""), "unlogged": "yes" if is_unlogged else ""}

    def complete(self, connection: Connection, schema: str | None, tables: Mapping[str, ModelTable]) -> None:
        complete(connection, schema, tables)

    def foreign_names(self, connection: Connection, schema: str | None) -> frozenset[str]:
        rows = connection.execute(_FOREIGN, {"schema": schema or connection.dialect.default_schema_name})
        return frozenset(str(row[0]) for row in rows)


def _float(size: str | None) -> str:
    return "double precision" if not size or int(size) >= _DOUBLE_FROM else "real"


def _behind_type(words: Sequence[str], place: int) -> int:
    """The place behind a type's name; sizes lost their parentheses."""
    place += 1
    while place < len(words) and (words[place] in _CAST_WORDS or words[place] == "."):
        place += 2 if words[place] == "." else 1
    if place < len(words) and words[place].isdigit():
        place += 1
    while words[place : place + 2] == ["[", "]"]:
        place += 2
    return place


def _between(words: Sequence[str]) -> Sequence[str]:
    """``x BETWEEN a AND b`` becomes two comparisons on the server."""
    kept: list[str] = []
    place = 0
    while place < len(words):
        if words[place] == "between" and list(words[place + 2 : place + 3]) == ["and"] and kept:
            kept += [">=", words[place + 1], "and", kept[-1], "<="]
            place += 3
        else:
            kept.append(words[place])
            place += 1
    return kept


def _lists(words: Sequence[str]) -> Sequence[str]:
    """``= ANY (ARRAY[a, b])`` is what the server makes of ``IN (a, b)``."""
    joined = list(words)
    for before, after in ((["=", "any", "array", "["], ["in"]), (["<>", "all", "array", "["], ["not", "in"])):
        while (place := _find(joined, before)) is not None:
            end = joined.index("]", place) if "]" in joined[place:] else len(joined)
            del joined[end : end + 1]
            joined[place : place + len(before)] = after
    return joined


def _find(words: Sequence[str], part: Sequence[str]) -> int | None:
    size = len(part)
    return next((one for one in range(len(words) - size + 1) if list(words[one : one + size]) == list(part)), None)


def comparing(name: str) -> Comparing:
    """The rules of ``postgresql``."""
    return PostgreSQLComparing()
