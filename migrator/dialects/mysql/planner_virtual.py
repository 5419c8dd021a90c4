"""Virtual columns of a table, which make other changes of its columns dearer.

Source: MySQL manual 8.4, "Online DDL Operations", generated column operations; MariaDB manual, "InnoDB Online DDL
Operations with ALGORITHM=INSTANT"; each line run on MySQL 9.7 and MariaDB 10.11.
"""

from __future__ import annotations

import re

from migrator.dialects.mysql.planner_refusals import Refusal, before_virtual, beside_indexed_virtual
from migrator.dialects.mysql.planner_text import Piece, name_after
from migrator.dialects.statement_heads import PART, split_name
from migrator.model.plan import TableFacts

_COMPUTED = re.compile(r"\b(?:GENERATED ALWAYS|AS) ?\(?", re.IGNORECASE)
_PLACE = re.compile(rf"\b(?:FIRST|AFTER (?P<after>{PART}))$", re.IGNORECASE)


def added_beside_virtual(piece: Piece, table: str, facts: TableFacts, *, mariadb: bool) -> Refusal | None:
    """Why ADD COLUMN costs more than the new column: it moves a virtual one, or MariaDB can't keep one's index."""
    computed = bool(_COMPUTED.search(piece.words))
    if (mariadb or computed) and (moved := _first_virtual_behind(piece, facts)):
        return before_virtual(table, moved)
    return beside_virtual(table, facts) if mariadb and not computed else None


def moved_past_virtual(piece: Piece, column: str, table: str, facts: TableFacts) -> Refusal | None:
    """Why CHANGE or MODIFY copies the table on MariaDB: another place moves a virtual column, or it is one itself.

    A column behind which it goes that isn't known yet is one that the statement adds at the end.
    """
    place, names = _PLACE.search(piece.text), list(facts.columns)
    if place is None or column not in names:
        return None
    before = names.index(column)
    after = split_name(place["after"])[1] if place["after"] else ""
    now = 0 if not after else names.index(after) + 1 if after in names else len(names)
    low, high = (now, before + 1) if now <= before else (before, now)
    if now - before in (0, 1):
        return None
    virtual = (name for name in names[low:high] if facts.columns[name].generated == "virtual")
    moved = next(virtual, "")
    return before_virtual(table, moved) if moved else None


def unmoved(piece: Piece) -> Piece:
    """A CHANGE or MODIFY without its new place."""
    if not re.match(r"(?:CHANGE|MODIFY)\b", piece.words, re.IGNORECASE):
        return piece
    return Piece(text=_PLACE.sub("", piece.text).rstrip(), words=_PLACE.sub("", piece.words).rstrip())


def beside_virtual(table: str, facts: TableFacts, *, but: str = "") -> Refusal | None:
    """Why adding or dropping a column keeps writers out on MariaDB: a virtual one is indexed.

    Args:
        but: the column that is dropped itself.
    """
    indexed = (name for name, one in facts.columns.items() if one.generated == "virtual" and one.indexed)
    held = next((name for name in indexed if name != but), "")
    return beside_indexed_virtual(table, held) if held else None


def dropped(piece: Piece) -> str:
    """The column of a DROP COLUMN."""
    return name_after(piece.text, "DROP(?: COLUMN)?(?: IF EXISTS)?")


def _first_virtual_behind(piece: Piece, facts: TableFacts) -> str:
    place = _PLACE.search(piece.text)
    if place is None:
        return ""
    names = list(facts.columns)
    after = split_name(place["after"])[1] if place["after"] else ""
    behind = names[names.index(after) + 1 :] if after in names else [] if after else names
    return next((name for name in behind if facts.columns[name].generated == "virtual"), "")
