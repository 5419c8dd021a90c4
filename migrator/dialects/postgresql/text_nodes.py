"""Pieces of PostgreSQL's parse tree: names and columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from migrator.model import operation as o

_FILLED = ("CONSTR_DEFAULT", "CONSTR_IDENTITY", "CONSTR_GENERATED")
_SERIAL = ("serial", "bigserial", "smallserial", "serial4", "serial8", "serial2")
# The grammar's own names of types, as SQLAlchemy writes them.
_TYPES = {
    "int4": "INTEGER",
    "int8": "BIGINT",
    "int2": "SMALLINT",
    "bool": "BOOLEAN",
    "varchar": "VARCHAR",
    "bpchar": "CHAR",
    "float8": "DOUBLE PRECISION",
    "float4": "REAL",
}


def nodes(message: Any) -> Iterator[Any]:
    """Every message below this one."""
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        for one in value if field.is_repeated else (value,):
            yield one
            yield from nodes(one)


def columns_named(expression: Any) -> list[str]:
    """The columns that an expression names, each once."""
    refs = [one for one in nodes(expression) if one.DESCRIPTOR.name == "ColumnRef"]
    return list(dict.fromkeys(found[-1] for ref in refs if (found := names(ref.fields))))


def unread(why: str) -> tuple[o.Operation, ...]:
    """One operation that nobody could read."""
    return (o.Unread(why=why),)


def unread_about(why: str, kind: o.ObjectKind, name: tuple[str | None, str]) -> tuple[o.Operation, ...]:
    """One that changes the object and nothing else: of no harm where nobody uses it yet."""
    return (o.Unread(why=why, kind=kind, name=name[1], schema=name[0]),)


def if_there(operations: Iterable[o.Operation], missing_ok: bool) -> tuple[o.Operation, ...]:
    """The operations of an ALTER ... IF EXISTS, which say so."""
    if not missing_ok:
        return tuple(operations)
    return tuple(replace(one, only_if_there=True) if isinstance(one, o.TableOperation) else one for one in operations)


def kind_of(node: Any, field: str) -> str:
    """The name of an enum's value."""
    found: str = node.DESCRIPTOR.fields_by_name[field].enum_type.values_by_number[getattr(node, field)].name
    return found


def cascades(node: Any) -> bool:
    """Whether a drop takes along what depends on it."""
    return kind_of(node, "behavior") == "DROP_CASCADE"


def names(nodes: Iterable[Any]) -> list[str]:
    """The words of a list of string nodes."""
    return [one.string.sval for one in nodes if one.WhichOneof("node") == "string"]


def names_of_object(element: Any) -> list[str]:
    """The words of the name of whatever DROP, ALTER and REVOKE name."""
    kind = element.WhichOneof("node")
    if kind == "list":
        return names(element.list.items)
    if kind == "type_name":
        return names(element.type_name.names)
    if kind == "object_with_args":
        return names(element.object_with_args.objname)
    return [element.string.sval]


def dotted(parts: list[str]) -> tuple[str | None, str]:
    """(schema or None, name)."""
    return (parts[-2] if len(parts) > 1 else None, parts[-1] if parts else "")


def table_of(relation: Any) -> tuple[str | None, str]:
    """(schema or None, table) of a RangeVar."""
    return (relation.schemaname or None, relation.relname)


def type_of(node: Any) -> str:
    """A type as text: VARCHAR(20), BIGINT, TEXT[]."""
    base = names(node.names)[-1] if node.names else ""
    text = _TYPES.get(base, base.upper())
    sizes = [str(one.a_const.ival.ival) for one in node.typmods if one.WhichOneof("node") == "a_const"]
    if base == "interval" and sizes:
        fields, sizes = int(sizes[0]), sizes[1:]
        text += _fields(fields)
    if base == "bpchar" and not sizes:
        text = "BPCHAR"
    return text + (f"({', '.join(sizes)})" if sizes else "") + "[]" * len(node.array_bounds)


# Bits of an interval's fields (INTERVAL_MASK of timestamp.h); 0x7FFF is all of them.
_FIELDS = {1 << 1: "MONTH", 1 << 2: "YEAR", 1 << 3: "DAY", 1 << 10: "HOUR", 1 << 11: "MINUTE", 1 << 12: "SECOND"}
_ALL_FIELDS = 0x7FFF


def _fields(mask: int) -> str:
    """An interval's fields as words; nothing for all of them."""
    if mask == _ALL_FIELDS:
        return ""
    return "".join(f" {word}" for bit, word in _FIELDS.items() if mask & bit)


def types_named(node: Any) -> tuple[str, ...]:
    """The types that a definition names, in lower case."""
    found = (names(one.names)[-1:] for one in nodes(node) if one.DESCRIPTOR.name == "TypeName")
    return tuple(dict.fromkeys(one[0].lower() for one in found if one))


def column_spec(node: Any) -> o.ColumnSpec:
    """A column's definition."""
    kinds = {kind_of(one.constraint, "contype") for one in node.constraints}
    text = type_of(node.type_name)
    serial = text.lower() in _SERIAL
    return o.ColumnSpec(
        name=node.colname,
        type=text,
        nullable=not (serial or kinds & {"CONSTR_NOTNULL", "CONSTR_PRIMARY", "CONSTR_IDENTITY"}),
        fills_itself=serial or bool(kinds & set(_FILLED) and default_of(node) != "NULL"),
        default=default_of(node),
        calls=calls_of(node),
        collation=collation_of(node),
    )


def calls_of(node: Any) -> tuple[str, ...]:
    """The functions that the default calls."""
    defaults = [one.constraint for one in node.constraints if kind_of(one.constraint, "contype") == "CONSTR_DEFAULT"]
    calls = [one for default in defaults for one in nodes(default) if one.DESCRIPTOR.name == "FuncCall"]
    return tuple(dict.fromkeys(names(one.funcname)[-1] for one in calls))


def collation_of(node: Any) -> str:
    """The collation that a definition names; empty for the type's own, which ``default`` is too."""
    found = names(node.coll_clause.collname)[-1:] if node.HasField("coll_clause") else []
    return "" if found in ([], ["default"]) else found[0]


def default_of(node: Any) -> str:
    """A constant's text, the called function's name with (), or what kind of expression it is."""
    for one in node.constraints:
        if kind_of(one.constraint, "contype") == "CONSTR_DEFAULT":
            expression = one.constraint.raw_expr
            kind = str(expression.WhichOneof("node"))
            if kind == "func_call":
                return f"{names(expression.func_call.funcname)[-1]}()"
            if kind == "a_const" and expression.a_const.isnull:
                return "NULL"
            return kind
    return ""
