"""MySQL's and MariaDB's spellings of types, defaults and expressions.

Source: MySQL manual 8.4, Data Types, and MariaDB manual, Data Types; what SHOW CREATE TABLE prints on 10.11 and 9.7.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy import Connection

from migrator.dialects.comparing import Comparing
from migrator.dialects.durations import whole_milliseconds, whole_seconds
from migrator.dialects.schema_model import ModelTable, Reflected

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
    index_order = False
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
        return [one.replace("\\'", "'") if one.startswith("'") else one for one in kept]

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

    def read_only(self, connection: Connection, limit: timedelta) -> None:
        if self._mariadb:
            connection.execute(sa.text(f"SET SESSION max_statement_time = {whole_seconds(limit)}"))
        else:
            connection.execute(sa.text(f"SET SESSION max_execution_time = {whole_milliseconds(limit)}"))
        connection.execute(sa.text("SET SESSION TRANSACTION READ ONLY"))


def _decimal(numbers: str | None) -> str:
    if not numbers:
        return "(10,0)"
    return f"({numbers})" if "," in numbers else f"({numbers},0)"


def comparing(name: str) -> Comparing:
    """The rules of ``mysql`` or ``mariadb``."""
    return MySQLComparing(mariadb=name == "mariadb")
