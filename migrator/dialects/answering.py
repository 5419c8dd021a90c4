"""What a query answers while all ways through a revision are followed: no row, or one or two of unknown
values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from migrator.dialects.unknown import MARK, Unknown
from migrator.dialects.way import Way

_ROWS = ("finds a row", "finds no row")
_AGGREGATE = re.compile(
    r"^(?:count|sum|min|max|avg|total|exists|coalesce\s*\(\s*(?:sum|max|min)|(?:bool|json|string|array)\w*_agg|every)"
    r"\s*\(",
    re.IGNORECASE,
)
_STAR = re.compile(
    r"^\s*select\s+(?:[\w\"`]+\.)?\*\s+from\s+([\w.\"`]+)\s*(?:$|;|where|limit|order|\w+\s+where)", re.IGNORECASE
)
_LIMIT = re.compile(
    r"\b(?:limit\s+(1|\?|%s|\$\d+|%\((\w+)\)s|:(\w+))(?:\s+offset\s+(?:\d+|(\?|%s|\$\d+)|%\(\w+\)s|:\w+))?"
    r"|fetch\s+(?:first|next)\s+(?:1\s+)?row\s+only)\s*;?\s*$",
    re.IGNORECASE,
)
_WORD = re.compile(r"[\w.\"`]+$")


class Answer:
    """The answer to one statement; whether there are rows is decided when somebody looks.

    ``columns``: those that a ``*`` stands for, where the history tells.
    """

    def __init__(self, way: Way, sql: str, parameters: Any, columns: Sequence[str] = ()) -> None:
        self._way = way
        self.columns = columns
        self._sql = sql
        self._parameters = parameters

    def rows(self, columns: int) -> Iterator[tuple[Any, ...]]:
        """The rows, with that many columns each: none, or one; or two, if the way is asked for a second one.

        Whether there is one more is decided when it is fetched.  The same question a second time at the same place
        finds none: a loop over batches ends.
        """
        always = answers_one_row(self._sql)
        if not always and (self._way.again(self._question()) or self._way.choose(_ROWS)):
            return
        yield self._row(columns)
        if not always and not self._wants_one() and self._way.finds_second():
            yield self._row(columns)

    def _wants_one(self) -> bool:
        """Whether the text ends in LIMIT 1."""
        found = _LIMIT.search(self._sql)
        if found is None:
            return False
        given = self._parameters
        if isinstance(given, dict):
            return bool(given.get(found[2] or found[3], 1) == 1)
        place = -2 if found[4] else -1
        return found[1] in ("1", None) or (len(given or ()) >= -place and given[place] == 1)

    def _row(self, columns: int) -> tuple[Any, ...]:
        return tuple(Unknown(self._way) for _ in range(columns))

    def changed(self) -> Any:
        """How many rows an UPDATE or DELETE changed; none when it is sent again from the same place."""
        return 0 if self._way.again(self._question()) else Unknown(self._way)

    def given_key(self) -> Any:
        """The key that the server gave a row."""
        return Unknown(self._way)

    def _question(self) -> tuple[str, ...]:
        """The statement without numbers: a batch differs from the one before in its offset."""
        texts = [self._sql.replace(MARK, "")]
        parameters = self._parameters
        values = parameters.values() if isinstance(parameters, dict) else parameters or ()
        texts += [one for one in values if isinstance(one, str)]
        return tuple(re.sub(r"[0-9]+", "0", text) for text in texts)


def answers_one_row(sql: str) -> bool:
    """Whether the query answers exactly one row whatever the tables hold: an aggregate, or no table at all."""
    parts = _select(sql)
    if parts is None:
        return bool(re.match(r"\s*show\s+\w+\s*$", sql, re.IGNORECASE))
    listed, rest = parts
    if not rest:
        return True
    if re.search(r"\b(?:group\s+by|having|union|except|intersect|limit\s+0)\b", rest, re.IGNORECASE):
        return False
    return bool(listed) and all(_AGGREGATE.match(one) for one in listed)


def column_names(sql: str) -> Sequence[str] | None:
    """The names of the columns that the text's outermost SELECT answers; None where they can't be told."""
    parts = _select(sql)
    if parts is None or any(one.endswith("*") for one in parts[0]):
        return None
    return [_column_name(one) for one in parts[0]]


def starred_table(sql: str) -> tuple[str | None, str] | None:
    """Schema and table of a ``SELECT * FROM table``; None for any other query."""
    found = _STAR.match(sql)
    if found is None:
        return None
    schema, _, table = found[1].replace('"', "").replace("`", "").rpartition(".")
    return schema or None, table


def returned_names(sql: str) -> Sequence[str]:
    """The columns of a RETURNING clause; empty where there is none."""
    found = re.search(r"\breturning\b(.*)$", sql, re.IGNORECASE | re.DOTALL)
    return [_column_name(one) for one in _split(found[1])[0]] if found else []


def _column_name(listed: str) -> str:
    word = _WORD.search(listed.strip())
    return word[0].rpartition(".")[2].strip('"`') if word else "?column?"


def _select(sql: str) -> tuple[list[str], str] | None:
    """The select list and what follows from FROM on; None for what is no plain SELECT."""
    text = re.sub(r"--[^\n]*|/\*.*?\*/", " ", sql, flags=re.DOTALL).strip().rstrip(";")
    opening = re.match(r"\(*\s*select\s+(?:distinct\s+(?:on\s*\([^)]*\)\s*)?|all\s+)?", text, re.IGNORECASE)
    return _split(text[opening.end() :]) if opening else None


def _split(text: str) -> tuple[list[str], str]:
    """At the commas outside parentheses and quotes, as far as a FROM outside them."""
    depth, start, quote = 0, 0, ""
    found: list[str] = []
    for place, char in enumerate(text):
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"`":
            quote = char
        elif char in "([":
            depth += 1
        elif char in ")]":
            depth -= 1
        elif char == "," and depth == 0:
            found.append(text[start:place].strip())
            start = place + 1
        elif (
            depth == 0
            and re.match(r"(?:from|where|union|limit)\b", text[place:], re.IGNORECASE)
            and (place == 0 or not (text[place - 1].isalnum() or text[place - 1] in "_."))
        ):
            return [*found, text[start:place].strip()], text[place:]
    return [*found, text[start:].strip()], ""
