"""A schema in SQLAlchemy's reflected form → parts in the one form in which schemas are compared."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy.engine.interfaces import Dialect

from migrator.dialects.comparing import Comparing
from migrator.dialects.elements import ordered
from migrator.dialects.schema_model import Key, ModelTable, Reflected, SchemaModel, TextType
from migrator.model.shape import Part, PartKind, Shape, Value
from migrator.scripts.schema_items import type_text


def shape_of(
    model: SchemaModel,
    dialect: Dialect,
    rules: Comparing,
    *,
    server_text: bool = False,
) -> Shape:
    """All parts of a schema, in the order of its tables.

    Args:
        dialect: writes the types.
        server_text: whether a server worded the expressions.
    """
    shaping = _Shaping(dialect, rules)
    tables = sorted(model.tables, key=lambda key: (key[0] or "", key[1]))
    parts = [part for key in tables for part in shaping.table(key, model.tables[key])]
    parts += shaping.others(model)
    return Shape(
        parts=tuple(parts),
        uncertain=frozenset(shaping.named(key) for key in model.uncertain),
        server_text=server_text,
        comments=rules.comments and not model.comments_unread,
        left_to_server=rules.left_to_server,
    )


class _Shaping:
    def __init__(self, dialect: Dialect, rules: Comparing) -> None:
        self._dialect = dialect
        self._rules = rules

    def named(self, key: Key) -> str:
        schema, name = key
        return f"{schema}.{name}" if schema else name

    def others(self, model: SchemaModel) -> Iterator[Part]:
        for key, values in sorted(model.enums.items(), key=str):
            attributes: dict[str, Value] = {"values": ", ".join(values)}
            yield Part(kind=PartKind.ENUM, table="", name=self.named(key), attributes=attributes)
        for key in sorted(model.sequences, key=str):
            yield Part(kind=PartKind.SEQUENCE, table="", name=self.named(key))
        for key in sorted(model.views, key=str):
            columns = model.shown.get(key) or ()
            known = ", ".join(columns) if columns and "" not in columns and "*" not in columns else None
            yield Part(kind=PartKind.VIEW, table="", name=self.named(key), attributes={"columns": known})

    def table(self, key: Key, table: ModelTable) -> Iterator[Part]:
        name = self.named(key)
        yield self._whole(name, table)
        for one in table.columns:
            yield self._column(name, one, table)
        columns = [str(one) for one in table.primary_key["constrained_columns"]]
        if columns:
            given = str(table.primary_key["name"] or "") if self._rules.names_primary_keys else ""
            yield Part(kind=PartKind.PRIMARY_KEY, table=name, name=given, attributes={"columns": ", ".join(columns)})
        yield from _distinct(self._uniques(name, table))
        yield from (self._foreign_key(name, one) for one in table.foreign_keys)
        yield from (self._check(name, one, table) for one in table.checks)
        yield from (self._exclude(name, one) for one in table.excludes)
        for one in table.indexes:
            if not one.get("unique") and not one.get("duplicates_constraint"):
                yield self._index(name, one, table, PartKind.INDEX)

    def _whole(self, name: str, table: ModelTable) -> Part:
        said = self._rules.table_options(table.given or {})
        options: dict[str, Value] = {key: None if table.given is None else value for key, value in said.items()}
        return Part(kind=PartKind.TABLE, table=name, name=name, attributes={"comment": table.comment or "", **options})

    def _column(self, table: str, column: Reflected, held: ModelTable) -> Part:
        type_ = self._rules.type(column["declared"]) if "declared" in column else self._type(column["type"])
        unread = column.get("unread") or ()
        computed = column.get("computed")
        attributes: dict[str, Value] = {
            "type": type_,
            "nullable": "yes" if column["nullable"] else "no",
            "default": None if "default" in unread else self._rules.default(self._written(column), type_ or ""),
            "computed": self._rules.expression(str(computed["sqltext"])) if computed else "",
            "comment": column.get("comment") or "",
            **self._rules.collation(column, held.given),
        }
        if computed and computed.get("persisted") is not None:
            attributes["stored"] = "yes" if computed["persisted"] else "no"
        if "generated" in column:
            attributes["computed"] = None
            attributes["default"] = ""
        if self._rules.numbering:
            attributes["numbering"] = None if "default" in unread else _numbering(column)
            attributes |= _identity(column.get("identity") or {})
        return Part(kind=PartKind.COLUMN, table=table, name=str(column["name"]), attributes=attributes)

    def _written(self, column: Reflected) -> str | None:
        """Its default, unless that is only how the server numbers it, or computes it."""
        made = column.get("computed") or _numbering(column)
        return None if made else column.get("default")

    def _type(self, type_: Any) -> Value:
        if self._rules.is_unreflected_type(type_):
            return None
        text = type_.text if isinstance(type_, TextType) else type_text(type_, self._dialect)
        return self._rules.type(text)

    def _uniques(self, table: str, found: ModelTable) -> Iterator[Part]:
        for one in found.uniques:
            yield self._index(table, one, found, PartKind.UNIQUE)
        for one in found.indexes:
            if one.get("unique") and not one.get("duplicates_constraint"):
                yield self._index(table, one, found, PartKind.UNIQUE)

    def _index(self, table: str, index: Reflected, found: ModelTable, kind: PartKind) -> Part:
        options = _without_dialect(index.get("dialect_options") or {})
        where = options.get("where")
        included = options.get("include") or index.get("include_columns") or ()
        attributes: dict[str, Value] = {
            "included columns": ", ".join(included),
            "nulls not distinct": "yes" if options.get("nulls_not_distinct") else "no",
            "kind": str(options.get("prefix") or index.get("kind") or index.get("type") or "").lower(),
        }
        order, classes = self._order(index)
        attributes |= {"order": order, "operator classes": classes}
        if kind is PartKind.UNIQUE and self._rules.deferrable_keys:
            attributes["DEFERRABLE"] = _deferring(index)
        if self._rules.index_lengths:
            lengths = _lengths(options.get("length"), index["column_names"])
            attributes["lengths"] = None if index.get("by_text") else lengths
        if self._rules.index_methods:
            attributes["method"] = str(options.get("using") or index.get("method") or "btree").lower()
        condition: Value = self._rules.expression(str(where)) if where else ""
        if index.get("unread"):
            condition = None
        return Part(
            kind=kind,
            table=table,
            name=str(index["name"] or ""),
            identity=(self._elements(index), condition),
            attributes=attributes,
            implied=self._rules.is_implied_index(index, found),
        )

    def _elements(self, index: Reflected) -> Value:
        """Its columns and expressions without their order; those that it only includes are told apart."""
        names = index["column_names"]
        elements = index.get("elements") or index.get("expressions") or names
        included = _without_dialect(index.get("dialect_options") or {}).get("include") or ()
        if len(elements) == len(names) + len(included):
            elements = elements[: len(names)]
        if any(one is None for one in elements):
            return None
        words = []
        for name, element in zip([*names, *[None] * len(elements)], elements, strict=False):
            text = str(element)
            words.append(text if text == name else self._rules.expression(ordered(text)[0]))
        return ", ".join(words)

    def _order(self, index: Reflected) -> tuple[Value, Value]:
        """(elements that have an order of their own, those with an operator class of their own)."""
        if index.get("by_text"):
            return None, None
        elements = index.get("elements") or index.get("expressions") or index["column_names"]
        parts = [ordered(str(one)) for one in elements]
        sorted_ = [f"{self._rules.expression(bare)} {order}" for bare, _, order in parts if order]
        given = [*(index.get("classes") or ()), *(f"{bare} {class_}" for bare, class_, _ in parts if class_)]
        classes = [self._rules.expression(one) for one in given]
        usual = self._rules.usual_classes
        return ", ".join(sorted_), ", ".join(one for one in classes if one.rpartition(" ")[2] not in usual)

    def _foreign_key(self, table: str, key: Reflected) -> Part:
        target = self.named((key["referred_schema"], str(key["referred_table"])))
        unread = bool(key.get("unread"))
        options: Reflected = {name: str(value).upper() for name, value in (key.get("options") or {}).items()}
        attributes: dict[str, Value] = {
            "ON DELETE": self._action(options.get("ondelete", "")),
            "ON UPDATE": self._action(options.get("onupdate", "")),
            "DEFERRABLE": "yes" if options.get("deferrable") == "TRUE" else "no",
            "INITIALLY": options.get("initially", "IMMEDIATE"),
        }
        if self._rules.deferrable_keys:
            attributes["MATCH"] = options.get("match", "").replace("SIMPLE", "")
        return Part(
            kind=PartKind.FOREIGN_KEY,
            table=table,
            name=str(key["name"] or ""),
            identity=(
                ", ".join(map(str, key["constrained_columns"])),
                target,
                ", ".join(map(str, key["referred_columns"])) or None,
            ),
            attributes=dict.fromkeys(attributes) if unread else attributes,
        )

    def _action(self, text: str) -> str:
        return "" if text == "NO ACTION" or (text == "RESTRICT" and self._rules.restrict_is_default) else text

    def _check(self, table: str, check: Reflected, found: ModelTable) -> Part:
        text = str(check["sqltext"] or "")
        return Part(
            kind=PartKind.CHECK,
            table=table,
            name=str(check["name"] or ""),
            identity=(self._rules.expression(text) if text else None,),
            written=" ".join(text.split()),
            implied=self._rules.is_implied_check(check, found),
        )

    def _exclude(self, table: str, constraint: Reflected) -> Part:
        text = str(constraint["text"] or "")
        words = self._rules.expression(re.sub(r"\s+(?:NOT DEFERRABLE|INITIALLY IMMEDIATE)\b", "", text))
        return Part(
            kind=PartKind.EXCLUDE,
            table=table,
            name=str(constraint["name"] or ""),
            identity=(words.removeprefix("exclude ") or None,),
        )


def _deferring(key: Reflected) -> Value:
    """Of a unique constraint; an index can't be deferred."""
    if key.get("by_text"):
        return None
    if str(key.get("initially") or "").upper() == "DEFERRED":
        return "initially deferred"
    return "yes" if key.get("deferrable") else ""


def _identity(identity: Reflected) -> dict[str, Value]:
    """How it counts, with the server's own ends left out; empty where there is none, or nobody read it."""
    if "increment" not in identity:
        return {}
    step = int(identity["increment"] or 1)
    begin = identity["minvalue"] if step > 0 else identity["maxvalue"]
    start = identity["start"] if identity["start"] is not None else begin
    usual = 1 if step > 0 else -1
    return {
        "start of its numbers": str(usual if start is None else start),
        "step of its numbers": str(step),
        "numbers begin again": "yes" if identity["cycle"] else "no",
    }


def _numbering(column: Reflected) -> str:
    identity = column.get("identity")
    if identity:
        return "identity always" if identity.get("always") else "identity by default"
    known = column.get("numbers_itself")
    by_sequence = str(column.get("default") or "").lower().startswith("nextval(")
    numbered = column.get("autoincrement") is True if known is None else known
    return "auto" if by_sequence or numbered else ""


def _lengths(given: Any, columns: Iterable[Any]) -> str:
    """How much of each text an index holds; one number stands for all."""
    lengths = dict.fromkeys(columns, given) if isinstance(given, int) else given or {}
    return ", ".join(f"{name} {lengths[name]}" for name in sorted(lengths, key=str))


def _without_dialect(options: Mapping[str, Any]) -> Reflected:
    return {key.partition("_")[2]: value for key, value in options.items() if value not in (None, (), [], {})}


def _distinct(parts: Iterable[Part]) -> Iterator[Part]:
    """Each once: some servers list a unique key among the indexes too."""
    seen: set[object] = set()
    for one in parts:
        key = (one.name, one.identity)
        if key not in seen:
            seen.add(key)
            yield one
