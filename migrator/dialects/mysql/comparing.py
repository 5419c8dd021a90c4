"""MySQL's and MariaDB's spellings of types, defaults and expressions.

Source: MySQL manual 8.4, Data Types, and MariaDB manual, Data Types; what SHOW CREATE TABLE prints on 10.11 and 9.7.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy import Connection

from migrator.dialects.comparing import Comparing
from migrator.dialects.durations import whole_milliseconds, whole_seconds
from migrator.dialects.mysql.completing import complete
from migrator.dialects.schema_model import ModelTable, Reflected, TextType
from migrator.model.shape import Value

_NAMES = {
    "integer": "int",
    "int4": "int",
    "int8": "bigint",
    "int2": "smallint",
    "int1": "tinyint",
    "int3": "mediumint",
    "middleint": "mediumint",
    "numeric": "decimal",
    "dec": "decimal",
    "fixed": "decimal",
    "double precision": "double",
    "real": "double",
    "float8": "double",
    "float4": "float",
    "character varying": "varchar",
    "national varchar": "varchar",
    "nvarchar": "varchar",
    "character": "char",
    "national char": "char",
    "nchar": "char",
    "long varchar": "mediumtext",
    "long": "mediumtext",
}
# What SHOW CREATE TABLE makes of a function or a word.
_SYNONYMS = {
    "octet_length": "length",
    "character_length": "char_length",
    "lcase": "lower",
    "ucase": "upper",
    "substr": "substring",
    "mid": "substring",
    "power": "pow",
    "ceil": "ceiling",
    "true": "1",
    "false": "0",
}
_SIZES = (("tiny", 2**8), ("", 2**16), ("medium", 2**24), ("long", 2**32))
_BYTES = {"blob": 1, "text": 4}
"""A character of utf8mb4 has four."""
_WIDTHS = ("int", "bigint", "smallint", "tinyint", "mediumint")
_ONE = ("char", "bit", "binary")
_CHARSET = re.compile(r" (?:character set|charset|collate) \w+| (?:ascii|unicode)\b")
_FORM = re.compile(
    r"(?P<name>[a-z][\w ]*?)(?P<size>\((?P<numbers>.*)\))?(?P<rest>(?: unsigned| zerofill| signed| binary)*)"
)
_DOUBLE_FROM = 25  # bits of float(p)


class MySQLComparing(Comparing):
    type_names = _NAMES
    index_lengths = True
    left_to_server = frozenset({"collation", "character set", "engine"})
    restrict_is_default = True

    def __init__(self, *, mariadb: bool) -> None:
        self._mariadb = mariadb

    def is_boolean(self, type_: str) -> bool:
        return type_ == "tinyint(1)"

    def plain_type(self, text: str) -> str:
        match = _FORM.fullmatch(_CHARSET.sub("", text))
        if match is None:
            return text
        name, size = _NAMES.get(match["name"], match["name"]), match["size"] or ""
        if name in ("bool", "boolean"):
            name, size = "tinyint", "(1)"
        if name in _WIDTHS and (name, size) != ("tinyint", "(1)"):
            size = ""
        if name == "decimal":
            size = _decimal(match["numbers"])
        if name == "float" and match["numbers"] and "," not in match["numbers"]:
            name, size = ("double" if int(match["numbers"]) >= _DOUBLE_FROM else "float"), ""
        if name in _BYTES and size:
            bytes_ = int(match["numbers"]) * _BYTES[name]
            name, size = next(word for word, end in _SIZES if bytes_ < end) + name, ""
        if name in _ONE and not size:
            size = "(1)"
        if (name in ("datetime", "timestamp", "time") and size == "(0)") or name == "year":
            size = ""
        if name == "json" and self._mariadb:
            name = "longtext"
        rest = match["rest"].replace(" signed", "").replace(" binary", "")
        return f"{name}{size}{rest}"

    def rewritten(self, words: Sequence[str]) -> Sequence[str]:
        """Without the character sets in front of literals."""
        kept = [
            one
            for one, after in zip(words, [*words[1:], ""], strict=True)
            if not (re.fullmatch(r"_[a-z]\w*", one) and after.startswith(("'", "\\")))
        ]
        return [one.replace("\\'", "''") if one.startswith("'") else _SYNONYMS.get(one, one) for one in kept]

    def is_implied_index(self, index: Reflected, table: ModelTable) -> bool:
        """InnoDB makes an index for a foreign key, under the key's name or its first column's."""
        if index.get("unique"):
            return False
        columns = list(index["column_names"])
        keys = [list(one["constrained_columns"]) for one in table.foreign_keys]
        return any(columns[: len(key)] == key for key in keys)

    def is_implied_check(self, check: Reflected, table: ModelTable) -> bool:
        """MariaDB's JSON is a longtext with a check of its own."""
        return self._mariadb and bool(re.fullmatch(r"\(?json_valid\(`?\w+`?\)\)?", str(check["sqltext"]).lower()))

    def collation(self, column: Reflected, given: Reflected | None) -> Mapping[str, Value]:
        """The column's own, else its table's; one says the character set too."""
        type_, found = column["type"], given or {}
        if isinstance(type_, TextType) or not isinstance(type_, sa.String | sa.Enum):
            return {"collation": None, "character set": None} if isinstance(type_, TextType) else {}
        own = column.get("collation") or getattr(type_, "collation", None)
        charset = column.get("charset") or getattr(type_, "charset", None)
        if not (own or charset) and given is None:
            return {"collation": None, "character set": None}
        if not own and not charset:
            own, charset = found.get("mysql_collate"), found.get("mysql_charset") or found.get("mysql_default_charset")
        collation = _utf8mb3(str(own or ""))
        return {"collation": collation, "character set": _utf8mb3(str(charset or collation.partition("_")[0]))}

    def table_options(self, given: Reflected) -> Mapping[str, str]:
        return {"engine": str(given.get("mysql_engine") or "").lower()}

    def complete(self, connection: Connection, schema: str | None, tables: Mapping[str, ModelTable]) -> None:
        complete(connection, schema, tables, mariadb=self._mariadb)

    def read_only(self, connection: Connection, limit: timedelta) -> None:
        if self._mariadb:
            connection.execute(sa.text(f"SET SESSION max_statement_time = {whole_seconds(limit)}"))
        else:
            connection.execute(sa.text(f"SET SESSION max_execution_time = {whole_milliseconds(limit)}"))
        connection.execute(sa.text("SET SESSION TRANSACTION READ ONLY"))


def _utf8mb3(name: str) -> str:
    """``utf8`` is another name of it."""
    return re.sub(r"\Autf8(?=_|\Z)", "utf8mb3", name.lower())


def _decimal(numbers: str | None) -> str:
    if not numbers:
        return "(10,0)"
    return f"({numbers})" if "," in numbers else f"({numbers},0)"


def comparing(name: str) -> Comparing:
    """The rules of ``mysql`` or ``mariadb``."""
    return MySQLComparing(mariadb=name == "mariadb")
