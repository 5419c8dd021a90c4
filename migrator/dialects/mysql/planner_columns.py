"""Columns on MySQL and MariaDB: defaults that need a copy, and changes of a type that do.

Source: MySQL manual 8.4, "Online DDL Operations", column operations; MariaDB manual, "InnoDB Online DDL Operations with
ALGORITHM=INSTANT"; run on MySQL 9.7 and MariaDB 10.11.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from enum import StrEnum

from migrator.dialects.mysql import planner_refusals as refusals
from migrator.dialects.mysql.planner_exact import ALIASES, Cost, Definition, cost_of, plain_cost, plain_expression
from migrator.dialects.mysql.planner_refusals import Refusal
from migrator.dialects.mysql.planner_text import Piece, name_after
from migrator.dialects.mysql.planner_virtual import moved_past_virtual
from migrator.dialects.statement_heads import PART, split_name
from migrator.model.plan import Capabilities, ColumnFacts, TableFacts

CHECK_WITH_COLUMN = "check-with-new-column"
EXPRESSION_DEFAULT = "expression-default-at-once"
_ADD = r"ADD(?: COLUMN)?(?: IF NOT EXISTS)?"
_CLOCK = r"(?:NOW|CURRENT_TIMESTAMP|LOCALTIME|LOCALTIMESTAMP)"
# Parentheses nested up to three deep are enough to find where a default ends.
_NESTED = r"\((?:[^()]|\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\))*\)"
_DEFAULT = re.compile(rf"\bDEFAULT ?(?P<value>{_NESTED}|[A-Za-z_]\w* ?{_NESTED}|NEXT VALUE FOR [^ ]+)", re.IGNORECASE)
_STRING = re.compile(r"'(?:[^'\\]|\\.|'')*'", re.DOTALL)
_VARIES = re.compile(
    r"\b(RAND|UUID\w*|SYS_GUID|SYSDATE|RANDOM_BYTES|NEXTVAL|LASTVAL|SETVAL|CONNECTION_ID|LAST_INSERT_ID|ROW_COUNT"
    r"|FOUND_ROWS|SLEEP|BENCHMARK|GET_LOCK|RELEASE_LOCK) ?\(|\bNEXT VALUE FOR\b|\bPREVIOUS VALUE FOR\b",
    re.IGNORECASE,
)
_CHANGE = re.compile(
    rf"(?:CHANGE (?:COLUMN )?(?:IF EXISTS )?(?P<old>{PART}) {PART}"
    rf"|MODIFY (?:COLUMN )?(?:IF EXISTS )?(?P<same>{PART})) (?P<type>\w+(?: ?\([^)]*\))?(?: UNSIGNED| ZEROFILL)*)",
    re.IGNORECASE,
)
# Between any two of these both servers copy the table (text types: measured from tinytext to text and text to
# mediumtext; JSON is a text on MariaDB, and is left to the server).
_BASES = frozenset(
    """
    tinyint smallint mediumint int bigint decimal float double bit date time datetime timestamp year char varchar binary
    varbinary tinytext text mediumtext longtext tinyblob blob mediumblob longblob enum set
    """.split()
)
_SRID = re.compile(r"\bSRID (\d+)", re.IGNORECASE)
_ELSE = "GENERATED|AS|FIRST|AFTER|CHARACTER|CHARSET|COLLATE|STORED|PERSISTENT|AUTO_INCREMENT"
_WHOLE = frozenset({"tinyint", "smallint", "mediumint", "int", "bigint"})


def added_column(
    piece: Piece, table: str, capabilities: Capabilities, columns: Collection[str] = ()
) -> tuple[Refusal | None, bool]:
    """Why ADD COLUMN would copy the table, and whether it builds an index.

    Args:
        columns: those that the table is known to have: a default that names one is another in each row.
    """
    text = _STRING.sub("''", piece.text)
    if re.match(rf"{_ADD} ?\(", text, re.IGNORECASE):
        words, name = text, "..."  # several columns in one pair of parentheses: their words stand inside it
    else:
        words, name = re.sub(rf"^{_ADD} ?{PART}", "", piece.words, flags=re.IGNORECASE), name_after(text, _ADD)
    indexed = _has(words, r"UNIQUE|(?:PRIMARY )?KEY")
    refusal = _added(words, text, table, name, capabilities)
    return refusal or _default_from(text, table, name, columns), indexed


def _added(words: str, text: str, table: str, name: str, capabilities: Capabilities) -> Refusal | None:
    if _has(words, r"AUTO_INCREMENT|SERIAL"):
        return refusals.auto_increment(table, name)
    if _has(words, r"STORED|PERSISTENT"):
        return refusals.stored_column(table, name)
    if _has(words, "PRIMARY KEY"):
        return refusals.change_primary_key("adds", table)
    if _has(words, "REFERENCES"):
        return refusals.inline_foreign_key(table, name)
    if _has(words, "CHECK") and not _has(words, "NOT ENFORCED") and not capabilities.has(CHECK_WITH_COLUMN):
        return refusals.inline_check(table, name)
    return _default(text, table, name, capabilities) if _has(words, "DEFAULT") else None


def _default(text: str, table: str, name: str, capabilities: Capabilities) -> Refusal | None:
    at_once = capabilities.has(EXPRESSION_DEFAULT)
    for match in _DEFAULT.finditer(text):
        value = match["value"]
        if not re.match(rf"{_CLOCK} ?\(\d?\)$", value, re.IGNORECASE) and (not at_once or _VARIES.search(value)):
            return refusals.volatile_default(table, name, value, one_value=at_once)
    return None


def _default_from(text: str, table: str, name: str, columns: Collection[str]) -> Refusal | None:
    for match in _DEFAULT.finditer(text):
        named = {word.strip("`").lower() for word in re.findall(r"`[^`]+`|[A-Za-z_]\w*(?! ?\()", match["value"])}
        if named & {one.lower() for one in columns}:
            return refusals.volatile_default(table, name, match["value"], one_value=False)
    return None


class Rewrite(StrEnum):
    """Whether a change rebuilds the table."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


def changed_column(
    piece: Piece, table: str, facts: TableFacts | None, *, mariadb: bool
) -> tuple[Rewrite, Refusal | None]:
    """Whether a CHANGE or MODIFY rebuilds the table, and why it would copy it, as far as that is certain.

    A change of nullability rebuilds on both servers; so may another character set, another place, an expression.
    """
    match = _CHANGE.match(piece.text)
    name = "" if match is None else (match["old"] or match["same"]).strip('`"')
    known = None if facts is None else facts.columns.get(name)
    if match is not None and known is not None and known.bare and _has(piece.words, "AUTO_INCREMENT"):
        numbered = f"{match['type'].lower()} auto_increment"
        return Rewrite.UNKNOWN, refusals.copied_type(table, name, known.type, numbered)
    if match is not None and known is not None and _places(piece, known.type):
        return Rewrite.UNKNOWN, refusals.copied_type(table, name, known.type, match["type"].lower())
    if mariadb and match is not None and known is not None and facts is not None:
        if _changes_document(known, match["type"]):
            return Rewrite.UNKNOWN, refusals.copied_type(table, name, known.type, match["type"].lower())
        moved = moved_past_virtual(piece, name, table, facts)
        if moved is not None:
            return Rewrite.UNKNOWN, moved
    exact = None if match is None or known is None or facts is None else _exact(piece, match, known, facts, mariadb)
    if exact is not None and known is not None and match is not None:
        if exact is Cost.COPY:
            return Rewrite.UNKNOWN, refusals.copied_type(table, name, known.type, match["type"].lower())
        return Rewrite.YES if exact is Cost.REBUILD else Rewrite.NO, None
    if match is None or known is None or not known.type or _has(piece.words, _ELSE):
        return Rewrite.UNKNOWN, None
    if copies(known.type, match["type"]):
        return Rewrite.UNKNOWN, refusals.copied_type(table, name, known.type, match["type"].lower())
    changes = known.nullable == _has(piece.words, "NOT NULL|PRIMARY KEY")
    return Rewrite.YES if changes else Rewrite.NO, None


def keeps_type(piece: Piece, facts: TableFacts | None) -> bool:
    """Whether a CHANGE or MODIFY, which is known to cost nothing, leaves the type as it is or adds values behind it."""
    match = _CHANGE.match(piece.text)
    known = None if match is None or facts is None else facts.columns.get(split_name(match["old"] or match["same"])[1])
    if match is None or known is None or _has(piece.words, "CHARACTER|CHARSET|COLLATE"):
        return False
    old, new = _parts(known.type), _parts(match["type"])
    return old == new or (old[0] == new[0] and (old[0] in ("enum", "set") or old[0] in _WHOLE))


def _changes_document(known: ColumnFacts, new: str) -> bool:
    """Whether a column becomes JSON or ceases to be it on MariaDB: that is a longtext with a check that belongs to its
    type, and the table is copied to put it on, to take it off, and to say it in words."""
    was = known.type == "json" or (known.type == "longtext" and known.guarded)
    return was != (_parts(new)[0] == "json")


def _places(piece: Piece, before: str) -> bool:
    """Whether the column is bound to another SRID than before; to let go of one changes the catalogue alone."""
    new, old = _SRID.search(piece.words), _SRID.search(before)
    return new is not None and (old is None or old[1] != new[1])


def _exact(piece: Piece, match: re.Match[str], known: ColumnFacts, facts: TableFacts, mariadb: bool) -> Cost | None:
    """What it costs where the table's options are known too (a model's are); None where they aren't."""
    if not facts.options and not known.generated:
        return None
    written = re.search(rf"\bAS ?({_NESTED})", _STRING.sub("''", piece.text), re.IGNORECASE)
    kind = "stored" if _has(piece.words, "STORED|PERSISTENT") else "virtual"
    generated = kind if _has(piece.words, "GENERATED|AS") else ""
    same_base = _parts(known.type)[::2] == _parts(match["type"])[::2]
    new = Definition(
        # An alias of the type before is the type before.
        type=known.type if same_base and _parts(known.type) == _parts(match["type"]) else match["type"],
        words=piece.words,
        moves=_has(piece.words, "FIRST|AFTER"),
        nullable=not _has(piece.words, "NOT NULL|PRIMARY KEY"),
        generated=generated,
        expression=plain_expression(written[1]) if written else "",
    )
    cost = cost_of(known, new, table_charset=facts.options.get("charset", ""), mariadb=mariadb)
    if cost is not None or not same_base:
        return cost
    if copies(known.type, match["type"]):
        return Cost.COPY
    return plain_cost(known, new, mariadb=mariadb)


def converts_in_place(piece: Piece, facts: TableFacts, *, mariadb: bool) -> bool:
    """Whether CONVERT TO CHARACTER SET changes the catalogue alone: no column of text needs a copy for it."""
    if not facts.options:
        return False
    texts = [one for one in facts.columns.values() if re.match(r"char|varchar|\w*text|enum|set", one.type)]
    return all(
        cost_of(
            one,
            Definition(type=one.type, words=piece.words, moves=False, nullable=one.nullable),
            table_charset=facts.options.get("charset", ""),
            mariadb=mariadb,
        )
        is Cost.CATALOGUE
        for one in texts
    )


def copies(before: str, new: str) -> bool:
    """Whether the change of a type is one that both servers do only by copying; false where that isn't certain."""
    (old_base, old_size, old_sign), (base, size, sign) = _parts(before), _parts(new)
    if old_base not in _BASES or base not in _BASES:
        return False
    if old_base != base or old_sign != sign:
        return True
    if base in _WHOLE or base in ("float", "double", "enum", "set"):
        return False  # a display width, or a list that may have grown at its end
    if base == "decimal":
        return _decimal(old_size) != _decimal(size)
    if base in ("datetime", "timestamp", "time"):
        return (old_size or "0") != (size or "0")
    return base == "varchar" and old_size.isdigit() and size.isdigit() and int(size) < int(old_size)


def _decimal(size: str) -> tuple[str, str]:
    whole, _, fraction = (size or "10").partition(",")
    return whole.strip(), fraction.strip() or "0"


def _parts(type_: str) -> tuple[str, str, bool]:
    """Base, what stands in parentheses, and whether it has no sign."""
    match = re.match(r"(\w+) ?(?:\(([^)]*)\))?", type_.lower())
    if match is None:
        return "", "", False
    return ALIASES.get(match[1], match[1]), match[2] or "", bool(re.search("unsigned|zerofill", type_.lower()))


def _has(words: str, keywords: str) -> bool:
    return bool(re.search(rf"\b(?:{keywords})\b", words, re.IGNORECASE))
