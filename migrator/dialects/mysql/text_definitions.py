"""Definitions of columns and tables with the words that sqlglot doesn't know taken out or put in words that it knows.

What they say of a column's value or of a table's history changes nothing of what the check asks: its name, whether it
takes NULL, whether it fills itself.  The type is read from the text itself, see :mod:`text_types`.
"""

from __future__ import annotations

import re

from migrator.dialects.mysql.planner_text import Piece, UnreadableError, pieces
from migrator.dialects.statement_heads import PART

_FLAGS = re.IGNORECASE | re.DOTALL
_LITERAL = r"(?P<literal>'(?:[^'\\]|\\.|'')*'|\"(?:[^\"\\]|\\.|\"\")*\"|`(?:[^`]|``)*`)"
_GONE = (
    r"\bSRID \d+|\bREF_SYSTEM_ID ?= ?\d+|\b(?:WITH|WITHOUT) SYSTEM VERSIONING|, ?[\w`]+ WITHOUT OVERLAPS"
    r"|(?<=CONSTRAINT )IF NOT EXISTS "
)
_ROW = r"\b(?:GENERATED ALWAYS )?AS ROW (?:START|END)"
_NEXT = r"(?<=DEFAULT )(?:\( ?NEXT VALUE FOR [\w.`]+ ?\)|NEXT VALUE FOR [\w.`]+|NEXTVAL ?\([\w.` ]+\))"
_STORED = r"(?<=\) )PERSISTENT\b|(?<=\))PERSISTENT\b"
_WORDS = re.compile(rf"{_LITERAL}|(?P<gone>{_GONE})|(?P<row>{_ROW})|(?P<next>{_NEXT})|(?P<stored>{_STORED})", _FLAGS)
_SHAPES = (
    r"GEOMETRY|POINT|LINESTRING|POLYGON|MULTI(?:POINT|LINESTRING|POLYGON)|GEOM(?:ETRY)?COLLECTION|INET[46]|UUID|VECTOR"
)
_CHANGE = rf"(?:ADD|MODIFY|CHANGE(?: COLUMN)?(?: IF EXISTS)? {PART})(?: COLUMN)?(?: IF (?:NOT )?EXISTS)? "
_ODD_TYPE = re.compile(
    rf"(?P<before>(?:{_CHANGE})?{PART} )"
    rf"(?:(?P<shape>(?:{_SHAPES})(?![\w(]))|(?P<national>NATIONAL )(?=VARCHAR|CHAR)"
    r"|(?P<long>LONG (?:VARCHAR|VARBINARY)))",
    re.IGNORECASE,
)
_KEYWORD = re.compile(r"(?:PRIMARY|UNIQUE|KEY|INDEX|FULLTEXT|SPATIAL|CONSTRAINT|CHECK|FOREIGN)\b", re.IGNORECASE)
_TABLE = re.compile(
    r"(?P<before>CREATE (?:OR REPLACE )?(?:TEMPORARY )?TABLE [^(]*\()(?P<inside>.*)(?P<after>\)[^()]*)$", _FLAGS
)
_PERIOD = re.compile(r"PERIOD FOR\b", re.IGNORECASE)


def plain_definition(text: str) -> str:
    """The definition of a column, or the action that makes or changes one.

    Args:
        text: on one line, without comments.
    """
    if not _KEYWORD.match(text):
        text = _ODD_TYPE.sub(_known_type, text, count=1) if _ODD_TYPE.match(text) else text
    return " ".join(_WORDS.sub(_known_words, text).split()) if _WORDS.search(text) else text


def plain_table(words: str) -> str:
    """A CREATE TABLE with each of its definitions made plain; any other statement as it is."""
    match = _TABLE.match(words)
    if match is None:
        return words
    try:
        parts: tuple[Piece, ...] = pieces(match["inside"])
    except UnreadableError:
        return words
    kept = [plain_definition(one.text) for one in parts if not _PERIOD.match(one.words)]
    return f"{match['before']}{', '.join(kept)}{_WORDS.sub(_known_words, match['after'])}"


def _known_type(match: re.Match[str]) -> str:
    if match["national"]:
        return match["before"]
    return f"{match['before']}{'mediumtext' if match['long'] else 'longblob'}"


def _known_words(match: re.Match[str]) -> str:
    if match["literal"]:
        return match["literal"]
    if match["gone"]:
        return ""
    return "STORED" if match["stored"] else "0" if match["next"] else "DEFAULT 0"
