"""What a CHANGE or MODIFY costs where everything of the column is known, its character set too.

Source: MySQL manual 8.4 and MariaDB manual, their pages on online DDL of InnoDB; each line run on MySQL 9.7 and MariaDB
10.11.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum

from migrator.model.plan import ColumnFacts

_BYTES = {
    "ascii": 1,
    "latin1": 1,
    "binary": 1,
    "utf8": 3,
    "utf8mb3": 3,
    "utf8mb4": 4,
    "ucs2": 2,
    "utf16": 4,
    "utf32": 4,
}
ALIASES = {
    "integer": "int",
    "int4": "int",
    "int8": "bigint",
    "int2": "smallint",
    "bool": "tinyint",
    "boolean": "tinyint",
    "numeric": "decimal",
    "dec": "decimal",
    "fixed": "decimal",
    "real": "double",
    "character": "char",
}
# A length is stored in one byte up to here.
_ONE_BYTE = 255
_HALF = 127
_TEXTS = ("char", "varchar", "tinytext", "text", "mediumtext", "longtext", "enum", "set")
_WHOLE = ("tinyint", "smallint", "mediumint", "int", "integer", "bigint")
_CHARSET = re.compile(r"\b(?:CHARACTER SET|CHARSET) ?=? ?(\w+)", re.IGNORECASE)
_COLLATE = re.compile(r"\bCOLLATE ?=? ?(\w+)", re.IGNORECASE)
_TYPE = re.compile(r"(?P<base>\w+) ?(?:\((?P<size>[^)]*)\))?")
_VALUE = re.compile(r"'(?:[^']|'')*'")


class Cost(IntEnum):
    """In the order of what they cost."""

    CATALOGUE = 0
    REBUILD = 1
    COPY = 2


@dataclass(frozen=True, kw_only=True)
class Definition:
    """What a statement says of a column anew; ``words`` are those of its definition, literals left out."""

    type: str
    words: str
    moves: bool
    nullable: bool
    generated: str = ""
    expression: str = ""


def cost_of(known: ColumnFacts, new: Definition, *, table_charset: str, mariadb: bool) -> Cost | None:
    """The cost on a table of InnoDB in an ordinary row format; None where too little is known."""
    if not known.type:
        return None
    # MariaDB takes no expression of a stored column for the one before.
    restated = new.generated == known.generated and new.expression == plain_expression(known.expression) != ""
    if (new.generated or known.generated) and not (restated and not (mariadb and known.generated == "stored")):
        return Cost.COPY
    typed = _typed(known, new, table_charset, mariadb=mariadb)
    if typed is None or typed is Cost.COPY:
        return typed
    return max(plain_cost(known, new, mariadb=mariadb), typed)


def plain_expression(text: str) -> str:
    """An expression without the marks that say nothing, to be compared; empty where it holds a literal."""
    found = re.sub(r"[\s`]", "", text).lower()
    while found.startswith("(") and found.endswith(")") and _is_balanced(found[1:-1]):
        found = found[1:-1]
    return "" if re.search(r"['\"]", found) else found


def _is_balanced(text: str) -> bool:
    depth = 0
    for one in text:
        depth += (one == "(") - (one == ")")
        if depth < 0:
            return False
    return depth == 0


def plain_cost(known: ColumnFacts, new: Definition, *, mariadb: bool) -> Cost:
    """Of all but the type."""
    cost = Cost.CATALOGUE
    if known.nullable != new.nullable:
        cost = Cost.REBUILD
    if new.moves and not mariadb:
        cost = Cost.REBUILD
    return cost


def keeps_values(old: str, fresh: str) -> bool:
    """Whether a column of the new type takes every value of the old one, in the same order, and stores it alike."""
    old, fresh = _plain_name(old), _plain_name(fresh)
    before, after = _TYPE.match(old.lower()), _TYPE.match(fresh.lower())
    if before is None or after is None or before["base"] != after["base"]:
        return False
    if ("unsigned" in old.lower()) != ("unsigned" in fresh.lower()):
        return False
    base, size, new_size = before["base"], before["size"] or "", after["size"] or ""
    if base in ("enum", "set"):
        return _listed(base, old, fresh) is Cost.CATALOGUE
    if base in ("varchar", "varbinary"):
        return size.isdigit() and new_size.isdigit() and int(new_size) >= int(size)
    return base in _WHOLE or size.replace(" ", "") == new_size.replace(" ", "")


def _plain_name(type_: str) -> str:
    """The type under the name that the server keeps: an alias of it is the same type."""
    if re.fullmatch("bool(?:ean)?", type_.strip(), re.IGNORECASE):
        return "tinyint(1)"
    return re.sub(r"^\w+", lambda name: ALIASES.get(name[0].lower(), name[0]), type_.strip())


def _typed(known: ColumnFacts, new: Definition, table_charset: str, *, mariadb: bool) -> Cost | None:
    before, after = _TYPE.match(known.type.lower()), _TYPE.match(new.type.lower())
    if before is None or after is None:
        return None
    base, new_base = before["base"], after["base"]
    if base != new_base:
        return None
    if base not in _TEXTS and base != "varbinary":
        return None if base not in ("json", "date", "year") else Cost.CATALOGUE
    charsets = ("binary", "binary")
    if base != "varbinary":
        told = known.charset or table_charset
        if not told:
            return None
        charsets = (told, _charset(new.words) or table_charset)
        recoded = _recoded(charsets, known, new, mariadb=mariadb)
        if recoded is not Cost.CATALOGUE:
            return recoded
    if base in ("enum", "set"):
        return _listed(base, known.type, new.type)
    if base in ("varchar", "varbinary"):
        return _sized(int(before["size"] or 0), int(after["size"] or 0), charsets, mariadb=mariadb)
    return Cost.CATALOGUE if (before["size"] or "") == (after["size"] or "") else Cost.COPY


def _charset(words: str) -> str:
    named, collated = _CHARSET.search(words), _COLLATE.search(words)
    if named is not None:
        return named[1].lower()
    return collated[1].lower().split("_")[0] if collated is not None else ""


def _recoded(charsets: tuple[str, str], known: ColumnFacts, new: Definition, *, mariadb: bool) -> Cost | None:
    """Of another character set or collation."""
    old, fresh = ("utf8mb3" if one == "utf8" else one for one in charsets)
    if old == fresh:
        collates = _COLLATE.search(new.words) is not None
        return Cost.COPY if collates and known.indexed and not mariadb else Cost.CATALOGUE
    grows = (old, fresh) == ("utf8mb3", "utf8mb4") or (mariadb and old == "ascii")
    return Cost.CATALOGUE if grows and (mariadb or not known.indexed) else Cost.COPY


def _sized(size: int, fresh: int, charsets: tuple[str, str], *, mariadb: bool) -> Cost | None:
    widths = [_BYTES.get(one) for one in charsets]
    if widths[0] is None or widths[1] is None:
        return None
    before, after = size * widths[0], fresh * widths[1]
    if fresh < size:
        return Cost.COPY
    # MariaDB keeps a length in two bytes where it once may have been up to 127.
    stays = mariadb and before <= _HALF
    return Cost.COPY if before <= _ONE_BYTE < after and not stays else Cost.CATALOGUE


def _listed(base: str, old: str, fresh: str) -> Cost:
    """Values that are added behind the others cost nothing, while their number is stored in as many bytes."""
    before, after = _VALUE.findall(old), _VALUE.findall(fresh)
    if after[: len(before)] != before:
        return Cost.COPY
    return Cost.CATALOGUE if _stored(base, len(before)) == _stored(base, len(after)) else Cost.COPY


def _stored(base: str, values: int) -> int:
    if base == "enum":
        return 1 if values <= _ONE_BYTE else 2
    needed = (values + 7) // 8
    return needed if needed <= 4 else 8
